"""Words of seven languages that tell what changes by the hour from what stays, by kind; see `homebody.router.lexicon`.

German, French, Spanish, Italian, Portuguese, Dutch, Polish. With their accents; the lexicon adds the spellings without,
as many recognisers write them. Pure data.
"""

from __future__ import annotations

from typing import Final

ABROAD: Final = {
    "live_weather": """wetter wetterbericht regen regnet regnen schneit schnee schirm regenschirm jacke gewitter sturm
        sonnig sonne_scheint scheint bewölkt grad kalt warm heiß frost glatt hitze draußen
        météo temps pleut pleuvoir pluie neige neiger neigera pleuvra parapluie manteau froid chaud degrés température
        orage vent soleil dehors verglas canicule faire_beau fera_beau il_fait_combien
        tiempo clima llueve llover lluvia lloverá nieva nevar nieve paraguas abrigo frío calor grados temperatura
        tormenta viento afuera fuera pronóstico lloviendo nevando hacer_sol hará_sol salir_el_sol
        meteo piove pioverà pioggia piovendo piovere nevica neve nevicare ombrello freddo caldo gradi temporale vento
        fuori previsioni nevicando c'è_il_sole ci_sarà
        chove chover chuva chovendo neva nevar nevando guarda-chuva guarda_chuva frio calor graus temperatura
        tempestade vento fora previsão fazer_sol estar_sol há_sol
        weer weerbericht regent regenen regen sneeuwt sneeuw sneeuwen paraplu jas koud warm graden onweer storm wind
        buiten zonnig schijnt vriest vriezen
        pogod* pada padać deszcz śnieg parasol* kurtk* zimno ciepło gorąco stopni temperatura burza burz* wiatr
        słonecz* świeci na_dworze na_zewnątrz""",
    "live_money": """kurs aktie aktien aktienkurs goldpreis ölpreis dollarkurs eurokurs benzin benzinpreis diesel
        börse dax zinsen lottozahlen
        cours bourse action essence gazole taux_de_change prix_du prix_de loto cotation
        bolsa acciones gasolina precio cotización tipo_de_cambio lotería cambio
        borsa azioni benzina gasolio prezzo quotazione cambio lotto
        bolsa ações gasolina preço cotação câmbio euromilhões loteria
        beurs aandeel aandelen koers koersen benzine goudprijs prijs lottogetallen dollar goud zilver
        oro ouro plata prata argento dólar dollaro dolar dolara euro złota złoto
        giełd* akcj* kurs kursy cena ceny benzyn* paliw* notowani* lotto bitcoina""",
    "live_sport": """gewonnen spiel spielt gespielt bundesliga ergebnis ergebnisse tabelle spielstand
        gagné gagne match score résultat résultats ligue joue
        ganó ganado partido resultado resultados liga juega quedó
        vinto partita risultato risultati serie_a gioca
        ganhou venceu jogo resultado resultados joga ficou
        gewonnen won wedstrijd uitslag uitslagen stand speelt eredivisie
        wygrał wygrała wygrało mecz wynik wyniki gra zagrał zagrała ekstraklas*""",
    "world_events": """nachrichten schlagzeilen neuigkeiten neues passiert geschehen welt_los wahl wahlen
        infos nouvelles gros_titres actualités actus neuf passé élection élections
        noticias titulares pasó pasado nuevo elecciones sucedido
        notizie titoli successo succede novità elezioni
        notícias manchetes aconteceu passa eleições novidades
        nieuws koppen gebeurd aan_de_hand verkiezingen
        wiadomości nagłówki stało słychać nowego wybory""",
    "live_place": """zug bahn bus flug straßenbahn stau verkehr apotheke supermarkt aldi rewe kino fernsehen tv
        train vol trafic embouteillages bouchons pharmacie boulangerie supermarché cinéma télé télévision
        tren autobús vuelo tráfico atascos farmacia supermercado cine tele televisión
        treno autobus volo traffico coda farmacia supermercato cinema tv televisione
        comboio trem autocarro ônibus voo trânsito farmácia supermercado cinema tv televisão
        trein tram vlucht files apotheek supermarkt albert_heijn bioscoop televisie
        pociąg autobus tramwaj lot korki apteka sklep biedronka kinie telewizji ruch""",
    "live_state": """nächste nächster nächsten offen auf_hat geöffnet geschlossen verspätung pünktlich läuft fährt
        prochain prochaine ouvert ouverte ouverts fermé ferme retard à_l'heure passe
        próximo próxima abierto abierta cerrado cierra abre retrasado ponen
        prossimo prossima aperto aperta chiuso chiude apre ritardo danno
        próximo próxima aberto aberta fechado fecha abre atrasado a_dar
        volgende open gesloten sluit vertraging op_tijd draait
        następny następna otwart* zamknięt* zamykają opóźniony na_czas leci grają""",
    # What stays: what a thing is, why, how it comes about, who was the first.
    "asks_for_ever": """was_ist_ein was_ist_eine was_ist_das was_sind was_bedeutet warum weshalb wieso wie_entsteht
        wie_entstehen wie_funktioniert wie_bildet wer_hat_den wer_erfand erfunden entdeckt wie_hoch_ist wie_groß_ist
        wie_schnell wie_lange_dauert wie_viele_spieler weltkrieg bei_welcher durchschnittlich
        qu'est-ce_que qu_est_ce_que qu'est-ce_qu'un c'est_quoi c_est_quoi pourquoi comment_se_forme comment_marche
        comment_fonctionne a_inventé inventé découvert hauteur guerre_mondiale à_quelle_température combien_de_temps
        combien_de_joueurs en_moyenne définition
        qué_es qué_son qué_significa por_qué cómo_se_forma cómo_funciona inventó descubrió guerra_mundial cuánto_mide
        qué_altura cuánto_dura a_qué_temperatura cuántos_jugadores promedio
        cos'è cos_è che_cos'è che_cos cosa_sono che_cosa_è perché come_si_forma come_funziona inventato scoperto
        guerra_mondiale quanto_è_alta quanto_è_alto quanto_è_caldo quanto_dura a_che_temperatura quanti_giocatori
        o_que_é o_que_são o_que_significa por_que porque porquê como_se_forma como_funciona inventou descobriu
        guerra_mundial quanto_mede quão altura quanto_tempo_dura a_que_temperatura quantos_jogadores
        wat_is_een wat_zijn wat_betekent waarom hoe_ontstaat hoe_werkt uitgevonden ontdekt wereldoorlog hoe_hoog_is
        hoe_lang_duurt bij_welke hoeveel_spelers hoe_groot
        co_to_jest co_to_są czym_jest czym_są dlaczego skąd jak_powstaje jak_działa wynalazł wymyślił odkrył
        wojnę_światową jak_wysok* ile_trwa w_jakiej ilu_graczy
        wozu wofür à_quoi_sert para_qué_sirve a_cosa_serve para_que_serve waar_dient waar_is_een do_czego what_are
        what_is_a what_is_an why_does why_is why_do how_does how_do who_invented who_made who_discovered how_are
        invented discovered formed first_world_war second_world_war civil_war battle_of works boil boils melt melts
        burn burns average normally usually how_tall how_high how_far made_of what_causes""",
    # Where no weather report goes, and what has one temperature only.
    "far_away": """sun moon mars venus jupiter saturn space antarctica lava candle oven volcano planet universe core
        boiling freezing_point liquid human body
        sonne mond weltall lava körper venus
        soleil lune espace lave
        sol luna marte espacio
        sole luna marte spazio lava
        sol lua marte espaço lava
        zon maan mars lava ruimte
        słońc* księżyc* marsie lawa kosmos*""",
    "as_i_feel": """i_love i_like i_hate i_don't_like i_lost i_won i_missed we_lost we_won i_saw my_flight it's_so
        ich_liebe ich_mag ich_hasse mir_ist wir_haben ich_habe
        j'aime j'adore je_déteste j'ai on_a_perdu
        me_gusta me_encanta odio hemos_perdido tengo
        mi_piace adoro odio abbiamo_perso ho
        gosto adoro odeio perdemos tenho
        ik_hou ik_haat ik_ben_gek we_hebben ik_heb_het
        lubię uwielbiam nienawidzę przegraliśmy mi""",
    # Somebody is greeted, thanked or told about a day.
    "company_abroad": """wie_geht_es_dir dein_tag gute_nacht bis_morgen danke mein_zug ich_hatte ich_gehe du_bist
        machst_du
        ça_va comment_vas vas-tu bonne_nuit à_demain merci mon_train j'ai_passé tu_es tu_fais
        cómo_estás qué_tal_estás buenas_noches hasta_mañana gracias mi_tren he_tenido eres haces
        come_stai buonanotte a_domani grazie il_mio_treno ho_avuto sei fai
        como_estás tudo_bem boa_noite até_amanhã obrigado obrigada o_meu tive és fazes
        met_je je_dag slaap_lekker welterusten tot_morgen dank_je mijn_trein ik_heb_vandaag je_bent doe_je
        się_masz dobranoc do_jutra dziękuję mój_pociąg_znowu miałem miałam jesteś robisz
        see_you how's_it_going how's_everything how's_life how_are_things""",
    "made_up_abroad": """gedicht geschichte lied reim witz märchen titel namen
        poème histoire chanson blague conte titre nom
        poema cuento canción chiste historia título nombre
        poesia storia canzone barzelletta favola titolo
        história canção piada conto nome
        verhaal liedje mop grap sprookje naam
        wiersz bajk* piosenk* żart dowcip* histori* opowiadani*""",
    "how_long": """wie_lange combien_de_temps cuánto_tiempo quanto_tempo hoe_lang ile_trwa""",
    "long_ago": """in_nineteen* in_eighteen* in_seventeen* in_sixteen* in_fifteen* first_world second_world
        neunzehnhundert* achtzehnhundert* mille_neuf mille_huit mil_novecientos mil_ochocientos millenovecento*
        milleottocento* mil_novecentos mil_oitocentos negentienhonderd* achttienhonderd* tysiąc_dziewięćset
        tysiąc_osiemset""",
}
