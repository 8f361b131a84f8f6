"""What Whisper writes when nobody spoke: the last words of the videos and the credits of the subtitles it learned from.

Collected from what users of Whisper report (openai/whisper discussion 928 and the blocklists derived from it). Compared
as a whole transcript, without case, punctuation and spaces, so that "thank you for watching the baby" stays a sentence.
"""

from __future__ import annotations

import unicodedata
from typing import Final

# Nobody says these to an assistant.
PHRASES: Final = (
    # English
    "thank you for watching", "thanks for watching", "thank you so much for watching",
    "thank you very much for watching", "thanks for watching and see you next time",
    "thank you for watching this video",
    "thank you for watching until the end", "thank you for listening", "see you in the next video", "see you next time",
    "i'll see you in the next video", "i'll see you next time", "please subscribe", "please subscribe to my channel",
    "subscribe to my channel", "please like and subscribe", "don't forget to like and subscribe",
    "we'll be right back", "hello everyone welcome to my channel", "subtitles by steamteamextra",
    "transcription by castingwords", "you",
    # German
    "vielen dank fürs zuschauen", "danke fürs zuschauen", "vielen dank für's zuschauen", "bis zum nächsten mal",
    "copyright wdr", "untertitel von stephanie geiges",
    # French
    "merci d'avoir regardé", "merci d'avoir regardé cette vidéo", "abonnez-vous", "sous-titrage st 501",
    "sous-titrage société radio-canada",
    # Spanish, Portuguese, Catalan
    "gracias por ver", "gracias por ver el video", "suscríbete", "suscríbete al canal", "hasta la próxima",
    "obrigado por assistir", "obrigada por assistir", "até a próxima", "inscreva-se no canal",
    # Italian
    "grazie per aver guardato il video", "grazie per la visione", "sottotitoli e revisione a cura di qtss",
    # Dutch, Scandinavian
    "bedankt voor het kijken", "tot de volgende keer", "tack för att ni tittade", "takk for at du så på",
    "tak fordi du så med", "kiitos kun katsoit",
    # Polish, Czech, Turkish
    "dziękuję za oglądanie", "dzięki za oglądanie", "dziękuję za uwagę", "titulky vytvořil johnyx",
    "izlediğiniz için teşekkür ederim", "altyazı mk",
    # Russian, Ukrainian
    "спасибо за просмотр", "продолжение следует", "дякую за перегляд",
    # Chinese, Japanese, Korean
    "谢谢观看", "謝謝觀看", "感谢观看", "请不吝点赞订阅转发打赏支持明镜与点点栏目", "ご視聴ありがとうございました",
    "最後までご視聴いただきありがとうございました", "チャンネル登録お願いします", "시청해주셔서 감사합니다",
    "시청해 주셔서 감사합니다", "구독과 좋아요 부탁드립니다",
    # Arabic, Hindi
    "شكرا على المشاهدة", "اشتركوا في القناة", "देखने के लिए धन्यवाद",
)  # fmt: skip

# A transcript that holds one of these is a subtitle's credit line, whatever else it says.
CREDITS: Final = (
    "amara.org", "opensubtitles", "untertitel im auftrag des", "untertitelung im auftrag des", "untertitelung des zdf",
    "dimatorzok", "субтитры сделал", "субтитры подогнал", "редактор субтитров", "字幕by", "字幕由", "mooji.org",
)  # fmt: skip

# These a person does say. They are phantoms only where the recogniser itself doubts that it was speech.
DOUBTFUL: Final = (
    "thank you",
    "thank you very much",
    "thanks",
    "bye",
    "bye bye",
    "okay",
    "so",
    "ありがとうございました",
)
DOUBTFUL_NO_SPEECH: Final = 0.2


def is_phantom(text: str, no_speech: float) -> bool:
    """Whether the transcript is one of Whisper's phrases for silence.

    Args:
        text: The whole transcript, as written.
        no_speech: The recogniser's probability that it was no speech.
    """
    plain = _plain(text)
    if not plain:
        return False
    if any(_is(plain, phrase) for phrase in _PHRASES) or any(credit in plain for credit in _CREDITS):
        return True
    return no_speech >= DOUBTFUL_NO_SPEECH and any(_is(plain, phrase) for phrase in _DOUBTFUL)


def _is(plain: str, phrase: str) -> bool:
    """Once, or several times in a row."""
    return len(plain) % len(phrase) == 0 and plain == phrase * (len(plain) // len(phrase))


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LM")


_PHRASES: Final = tuple(map(_plain, PHRASES))
_CREDITS: Final = tuple(map(_plain, CREDITS))
_DOUBTFUL: Final = tuple(map(_plain, DOUBTFUL))
