"""Which models are in memory: what fits, what must go for it, what stays. Pure: state in, plan out, time with the data.

::

    Policy (the profile) + what was seen (`observed`, `out_of_memory`) -> State -> `plan`, `wanted` -> Plan

The rules:

- **Accepted at a share of what is free.** A model is loaded beside those that stay where it needs at most ``share``
  (0.8) of what they leave. That is also Ollama's own test; stricter than it, we decide what goes, never its server.
- **Down at once, up slowly.** A model that was refused for want of memory is barred for `BAR_S`, doubled each time; a
  larger one must have fitted for ``step_up_s`` before it takes a smaller one's place.
- **What answers speech stays.** The models of the pinned purposes are loaded before they are needed. A folder of
  pictures puts none of them out, nor anything used a moment ago. A person who asks about a picture may; afterwards the
  pinned one is `wanted` back at once. For a question in words another rung is taken, as long as there is one.
- **An estimate refuses nobody.** Where nothing fits there is no plan, and the smallest is asked all the same: the
  server may yet run it on the processor.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from homebody.options import RouterOptions
from homebody.router import model_sizes, routing

BAR_S: Final = 600.0
BAR_LIMIT_S: Final = 86_400.0
LEARNED_AT_LEAST: Final = 0.5  # of the file's size: while a model is being loaded, the server tells less than it takes

Kind = Literal["words", "picture", "folder"]


class Policy(msgspec.Struct, frozen=True):
    """What the profile says.

    Attributes:
        ladders: Models by purpose, best first.
        needs: What each takes, in bytes, as far as that can be known beforehand.
        weights: Of that, its file.
        pinned: Purposes whose model stays, the first served first.
        budget: All models together take no more, in bytes; None: as much as there is.
        share, step_up_s, settle_s: See `homebody.options.MemoryOptions`.
    """

    ladders: dict[str, tuple[str, ...]]
    needs: dict[str, int]
    weights: dict[str, int] = {}
    pinned: tuple[str, ...] = ("chat",)
    budget: int | None = None
    share: float = 0.8
    step_up_s: float = 120.0
    settle_s: float = 60.0


class Reading(msgspec.Struct, frozen=True):
    """What was seen at one moment.

    Attributes:
        free: Bytes free where models live; None: nobody knows.
        total: Bytes there are; None: nobody knows.
        held: What each loaded model has taken of it.
        sizes: What each loaded model takes in all, elsewhere included.
        downloaded: The file size of each model the server has; None: it does not say.
    """

    free: int | None
    total: int | None = None
    held: dict[str, int] = {}
    sizes: dict[str, int] = {}
    downloaded: dict[str, int] | None = None


class Bar(msgspec.Struct, frozen=True):
    """A model that was refused for want of memory."""

    until_s: float
    times: int


class Plan(msgspec.Struct, frozen=True):
    """Put these out, in this order, then load that one."""

    model: str
    evict: tuple[str, ...] = ()


class State(msgspec.Struct, frozen=True):
    """What is known. Made by `start`, changed only by the functions of this module.

    Attributes:
        capacity: What all models together may take, in bytes; None: unknown, and everything fits.
        resident: What is loaded, and what it holds.
        used_s: When each was last used.
        learned: True sizes.
        downloaded: What the server has; None: unknown.
        barred: What was refused.
        standing: The model of each pinned purpose.
        better: For a pinned purpose, the larger model that would fit, and since when.
        busy: Models that are answering; they are not put out.
    """

    policy: Policy
    capacity: int | None = None
    resident: dict[str, int] = {}
    used_s: dict[str, float] = {}
    learned: dict[str, int] = {}
    downloaded: frozenset[str] | None = None
    barred: dict[str, Bar] = {}
    standing: dict[str, str] = {}
    better: dict[str, tuple[str, float]] = {}
    busy: frozenset[str] = frozenset()

    def need(self, model: str) -> int:
        """What a model takes: as learned, else as reckoned."""
        return self.learned.get(model, self.policy.needs.get(model, 0))

    @property
    def pins(self) -> tuple[str, ...]:
        """The models that stay."""
        return tuple(dict.fromkeys(self.standing.values()))

    def usable(self, model: str, now_s: float) -> bool:
        """It is there, and was not refused lately."""
        bar = self.barred.get(model)
        return (self.downloaded is None or model in self.downloaded) and (bar is None or bar.until_s <= now_s)


def policy(options: RouterOptions, sizes: Mapping[str, int] = MappingProxyType({})) -> Policy:
    """A profile's policy.

    Args:
        options: The profile's ``router``, as `model_sizes.expanded` leaves it.
        sizes: File sizes the server told.
    """
    ladders = {name: _server_models(options, name) for name in routing.purposes()}
    models = {model for ladder in ladders.values() for model in ladder}
    needs = {model: model_sizes.need(options, model, file_bytes=sizes.get(model)) for model in models}
    memory = options.memory
    return Policy(
        ladders=ladders,
        needs={model: need.total for model, need in needs.items()},
        weights={model: need.weights for model, need in needs.items()},
        pinned=tuple(purpose for purpose in memory.pinned if ladders.get(purpose)),
        budget=round(memory.budget_gib * model_sizes.GIB) or None,
        share=memory.share,
        step_up_s=memory.step_up_s,
        settle_s=memory.settle_s,
    )


def _server_models(options: RouterOptions, purpose: str) -> tuple[str, ...]:
    """The ladder without models that are run elsewhere: those are put in and out by whoever runs them."""
    named: tuple[str, ...] = getattr(options.purposes, purpose).models
    rungs = named if purpose.startswith("image_") else routing.ladder(options, purpose)
    return tuple(model for model in rungs if not routing.elsewhere(options, model))


def start(policy: Policy) -> State:
    """Before anything was seen."""
    return State(policy, capacity=policy.budget)


# --- what was seen ---------------------------------------------------------------------------------------------------


def observed(state: State, reading: Reading, *, now_s: float) -> State:
    """The state after a look at memory and server.

    Not to be called while a model is being loaded: memory is then less by what nobody yet accounts for.
    """
    limits = [limit for limit in (state.policy.budget, reading.total, _found(reading)) if limit is not None]
    downloaded = None if reading.downloaded is None else frozenset(reading.downloaded)
    weights = state.policy.weights
    learned = {
        model: size for model, size in reading.sizes.items() if size >= LEARNED_AT_LEAST * max(weights.get(model, 0), 1)
    }
    seen = msgspec.structs.replace(
        state,
        capacity=min(limits, default=None),
        resident=dict(reading.held),
        used_s={model: state.used_s.get(model, now_s) for model in reading.held},
        learned={**state.learned, **learned},
        downloaded=downloaded,
        # What is newly there need not prove itself first.
        standing=state.standing if downloaded == state.downloaded else {},
        barred={model: bar for model, bar in state.barred.items() if bar.until_s + BAR_LIMIT_S > now_s},
    )
    return settled(seen, now_s=now_s)


def _found(reading: Reading) -> int | None:
    return None if reading.free is None else reading.free + sum(reading.held.values())


def used(state: State, model: str, *, now_s: float, busy: bool) -> State:
    """A model answers, or has answered."""
    others = state.busy - {model}
    return msgspec.structs.replace(
        state, used_s={**state.used_s, model: now_s}, busy=others | {model} if busy else others
    )


def loaded(state: State, model: str) -> State:
    """A plan was carried out; what it really takes is seen at the next look."""
    return msgspec.structs.replace(state, resident={**state.resident, model: state.need(model)})


def evicted(state: State, model: str) -> State:
    """A model was put out, or is gone."""
    return msgspec.structs.replace(
        state, resident={name: held for name, held in state.resident.items() if name != model}
    )


def out_of_memory(state: State, model: str, *, now_s: float) -> State:
    """A model was refused for want of memory: it is barred, and a smaller one takes its place."""
    times = state.barred[model].times + 1 if model in state.barred else 1
    bar = Bar(now_s + min(BAR_S * 2 ** (times - 1), BAR_LIMIT_S), times)
    return settled(msgspec.structs.replace(evicted(state, model), barred={**state.barred, model: bar}), now_s=now_s)


def settled(state: State, *, now_s: float) -> State:
    """Which model each pinned purpose has: a smaller one at once, a larger one when it has fitted for long enough."""
    standing: dict[str, str] = {}
    better: dict[str, tuple[str, float]] = {}
    left = state.capacity
    for purpose in state.policy.pinned:
        rungs = [rung for rung in state.policy.ladders[purpose] if state.usable(rung, now_s)]
        fresh = next((rung for rung in rungs if rung in standing.values() or _accepts(state, rung, left)), None)
        old = state.standing.get(purpose)
        if old in rungs and old != fresh and (old in standing.values() or _holds(state, old, left)):
            since_s = now_s
            if fresh is not None and rungs.index(fresh) < rungs.index(old):
                was, was_s = state.better.get(purpose, (fresh, now_s))
                since_s = was_s if was == fresh else now_s
                better[purpose] = (fresh, since_s)
            if fresh is None or rungs.index(fresh) > rungs.index(old) or now_s - since_s < state.policy.step_up_s:
                fresh = old
        if fresh is None:
            continue
        if left is not None and fresh not in standing.values():
            left -= state.need(fresh)
        standing[purpose] = fresh
    return msgspec.structs.replace(state, standing=standing, better=better)


def _accepts(state: State, model: str, left: int | None) -> bool:
    return left is None or state.need(model) <= state.policy.share * left


def _holds(state: State, model: str, left: int | None) -> bool:
    """It may stay where it would not be loaded anew."""
    fits = left is None or state.need(model) <= left
    return fits and (model in state.resident or _accepts(state, model, left))


# --- what is to be done ----------------------------------------------------------------------------------------------


def plan(state: State, rungs: Sequence[str], *, kind: Kind, now_s: float) -> Plan | None:
    """The best of these models that can be had, and what must go for it. None: none fits.

    Args:
        state: What is known.
        rungs: Best first.
        kind: A question in words, one about a picture, or a folder of pictures with nobody waiting.
        now_s: Of the same clock as all other times.
    """
    usable = [rung for rung in rungs if state.usable(rung, now_s)]
    unpinned = [model for model in _by_use(state) if model not in state.pins]
    idle = [model for model in unpinned if now_s - state.used_s.get(model, now_s) >= state.policy.settle_s]
    everyone = [*unpinned, *reversed([pin for pin in state.pins if pin in state.resident and pin not in state.busy])]
    beside, after, instead = (idle, True), (unpinned, True), (everyone, False)
    match kind:
        case "folder":
            tries = [(usable, beside)]
        case "picture":  # a better model is worth the wait, a finer quantisation of the same is not
            families = [list(group) for _, group in itertools.groupby(usable, key=model_sizes.family)]
            tries = [(family, victims) for family in families for victims in (beside, after, instead)]
        case "words":
            tries = [(usable, victims) for victims in (beside, after, instead)]
    for candidates, (victims, protect) in tries:
        for rung in candidates:
            evict = _room(state, rung, victims, protect=protect, share=state.policy.share)
            if evict is not None:
                return Plan(rung, evict)
    if kind != "folder":
        for rung in usable:  # tight, but for somebody who waits
            evict = _room(state, rung, everyone, protect=False, share=1.0)
            if evict is not None:
                return Plan(rung, evict)
    return None


def order(state: State, rungs: Sequence[str], *, kind: Kind, now_s: float) -> tuple[str, ...]:
    """The same models in the order they should be tried: the planned one, those that could fit, then the smallest.

    What the server does not have is left out, where it has any of them.
    """
    there = [rung for rung in rungs if state.downloaded is None or rung in state.downloaded] or list(rungs)
    chosen = plan(state, there, kind=kind, now_s=now_s)
    first = [chosen.model] if chosen else []
    begin = there.index(chosen.model) if chosen else len(there)
    below = [rung for rung in there[begin + 1 :] if state.usable(rung, now_s) and _holds_alone(state, rung)]
    rest = sorted((rung for rung in there if rung not in {*first, *below}), key=state.need)
    return (*first, *below, *rest)


def wanted(state: State, *, now_s: float) -> Plan | None:
    """The next step towards all pinned models being loaded, and nothing being too much; None: nothing is to be done."""
    excess = (sum(state.resident.values()) - state.capacity) if state.capacity is not None else 0
    for place, pin in enumerate(state.pins):
        if pin in state.resident or not state.usable(pin, now_s):
            continue
        # Those pinned after it were accepted on what it leaves, and come back after it.
        later = [other for other in state.pins[place + 1 :] if other in state.resident and other not in state.busy]
        victims = [*(model for model in _by_use(state) if model not in state.pins), *reversed(later)]
        evict = _room(state, pin, victims, protect=False, share=state.policy.share)
        if evict is not None:
            return Plan(pin, evict)
    if excess > 0:
        victims = [model for model in _by_use(state) if model not in state.pins]
        if victims:
            return Plan("", (victims[0],))
    return None


def _by_use(state: State) -> list[str]:
    """What is loaded and not answering, least recently used first."""
    return sorted((m for m in state.resident if m not in state.busy), key=lambda m: state.used_s.get(m, 0.0))


def _holds_alone(state: State, model: str) -> bool:
    return state.capacity is None or state.need(model) <= state.capacity


def _room(state: State, model: str, victims: Sequence[str], *, protect: bool, share: float) -> tuple[str, ...] | None:
    """What of ``victims``, from the first on, must go so that a model is accepted; None: that is not enough.

    Args:
        state: What is known.
        model: To be loaded, or already.
        victims: What may go, in this order.
        protect: Pinned models that are not loaded at the moment have their place kept.
        share: Of what is left it may take so much.
    """
    if state.capacity is None or model in state.resident:
        return ()
    left = state.capacity - sum(state.resident.values())
    if protect:
        left -= sum(state.need(pin) for pin in state.pins if pin not in state.resident and pin != model)
    need = state.need(model)
    if need <= share * left:
        return ()
    evict: list[str] = []
    for victim in victims:
        evict.append(victim)
        left += state.resident[victim]
        if need <= share * left:
            return tuple(evict)
    return None
