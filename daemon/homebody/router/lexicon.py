"""Words that say what is wanted, by kind. Hand-written; the weights they get are learned (training/purpose).

A phrase is written with underscores, a beginning of words with a star. Spellings that a recogniser writes for a word it
does not know ("pie thon", "jason file") are words here as well. Pure data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from homebody.language import plain
from homebody.router.lexicon_abroad import ABROAD

_AT_HOME: Final = {
    # --- programming -------------------------------------------------------------------------------------------------
    "code_language": """python pie_thon pythonie pythonem javascript java_script javascripcie java typescript
        type_script rust golang kotlin swift ruby php perl haskell scala matlab cobol fortran lua dart c_plus_plus
        sea_plus_plus c_sharp see_sharp cpp html css scss sql sequel_query sequel_database mysql postgres postgresql
        sqlite mongo* redis bash zsh powershell power_shell shell_script assembly vba graphql graph_q_l regex
        regular_expression* yaml json jason_file xml csv toml in_c in_go in_r latex verilog solidity webassembly""",
    "code_tool": """git github git_hub gitlab docker dockerfile kubernetes k8s linux ubuntu vim emacs vs_code npm yarn
        pip conda django flask fastapi react angular vue svelte node node_js express spring laravel rails pandas numpy
        num_pie pytorch tensorflow matplotlib arduino raspberry_pi cron crontab makefile webpack nginx apache ssh grep
        awk sed chmod curl wget systemd home_assistant excel_formula excel_macro spreadsheet_formula jupyter selenium
        terraform ansible kafka unity unreal jquery tailwind bootstrap wordpress""",
    "code_word": """code coding codes coded program programs programming programmer programmers script scripts
        function functions method methods loop loops for_loop while_loop array arrays string strings integer integers
        float boolean variable variables constant compiler compile compiles bug bugs buggy debug debugging debugger
        algorithm algorithms recursion recursive iterate iterator pointer pointers exception exceptions stack_trace
        stacktrace traceback syntax terminal command_line cli terminal_command one_liner unit_test unit_tests mock
        refactor async await thread threads threading multithreading mutex deadlock race_condition null undefined
        segmentation segfault seg_fault memory_leak out_of_range list_comprehension hash_map hashmap hash_table
        dictionary tuple linked_list binary binary_tree binary_search big_o time_complexity api apis rest_api endpoint
        endpoints http https get_request post_request request server_side frontend backend front_end back_end database
        databases query queries table_join join_two_tables foreign_key primary_key index_out schema repo repository
        commit commits merge_conflict pull_request branch rebase class classes constructor inheritance polymorphism
        interface decorator lambda generics closure callback callbacks promise promises library package packages
        module import imports dependency dependency_injection virtual_environment environment_variable* type_hint*
        linter lint web_page webpage website web_scraper scraper crawler parser parse parsing serialize deploy
        container containers div flexbox selector dom component components button_click key_error type_error
        value_error syntax_error runtime_error index_error error_message exit_code stack_overflow object_oriented oop
        pseudo_code pseudocode regex_that encrypt hash socket sockets port localhost webhook cron_job cronjob shell
        bot discord_bot chatbot sorting_algorithm sort_a_list quicksort quick_sort bubble_sort merge_sort fizz_buzz
        fizzbuzz palindrome factorial fibonacci hello_world primes prime_numbers data_structure data_structures queue
        stack app software kernel firmware file_path directory folder folders subfolders sort reverse_a_string
        parameter parameters argument_parser print_statement return_value nested cast_a append substring
        switch_statement semicolon compilation runtime console log_file stdout stdin funktion fonction función funcion
        funzione função funcao functie funkcj* schleife boucle bucle ciclo lus pętl* programm programma programu
        código codigo codice quellcode quelltext programmeer* programar programmare programmieren chaîne_de_caractères
        datei fehler_in_der_zeile tabelle""",
    "code_ask": """how_do_i write implement fix refactor debug convert create build generate optimise optimize make
        install run declare loop parse merge reverse sort join remove add check validate cast deploy configure set_up
        undo delete update rename print call handle schreib schreibe écris escribe scrivi escreve schrijf napisz""",
    # --- making things up --------------------------------------------------------------------------------------------
    "creative_form": """poem poems pome poetry poetic verse verses stanza haiku limerick sonnet ode ballad rhyme
        rhymes rhyming nursery_rhyme acrostic free_verse story stories storey short_story tale tales fairy_tale
        fairytale fable fables legend myth bedtime bedtime_story yarn novel novella plot plot_twist* chapter prologue
        epilogue ending endings opening_line screenplay scene monologue dialogue sketch skit play_for radio_play song
        songs lyrics rap lullaby jingle chorus anthem melody slogan tagline motto catchphrase headline advert ad_for
        advertisement product_description caption joke jokes knock_knock pun puns tongue_twister one_liner_joke speech
        toast eulogy wedding_speech motivational_speech love_letter letter greeting_card card_message invitation
        invite diary_entry journal_entry blog_post essay manifesto backstory character characters protagonist villain
        hero superhero fantasy sci_fi science_fiction fiction metaphor simile writing_prompt nickname names_for
        name_for title_for script_for_a comedy parody satire roast prayer blessing""",
    "creative_act": """imagine pretend role_play roleplay roleplaying role_playing act_like act_as talk_like
        speak_like be_my you_are_a you're_a you_are_the you're_the you_be play_the_part in_the_style in_the_voice
        once_upon make_up made_up make_me_up come_up_with think_up think_of_a dream_up invent invented_language
        brainstorm compose continue_the continue_this_story improvise narrate retell rewrite spin_me write_me right_me
        write_a right_a write_an write_the compose_a design_a describe_a draft surprise_me sing sing_me entertain
        suggest_names suggest_a what_could_i_call what_should_i_call give_me_ideas ideas_for idea_for give_me_a_name
        name_my let's_play let's_make what_would_a as_if_you as_though_you turn_this turn_into""",
    "creative_theme": """dragon dragons wizard witch princess prince knight knights pirate pirates unicorn unicorns
        fairy fairies elf elves monster monsters ghost haunted castle kingdom magic magical enchanted robot robots
        alien aliens spaceship space_captain dungeon treasure vampire zombie mermaid snowman santa detective spy spies
        sherlock shakespeare yoda cowboy captain hogwarts superpower* brave talking lonely shy creepy spooky scary
        silly funny sunset autumn moonlight""",
    # --- working things out ------------------------------------------------------------------------------------------
    "reason_frame": """if suppose assume assuming given_that let's_say imagine_that step_by_step think_through
        think_it_through think_hard think_carefully reason reasoning reason_through work_out figure_out work_backwards
        solve prove proof deduce infer conclude conclusion logically logical logic logic_puzzle valid argument_valid
        premises flaw contradiction fallacy paradox riddle puzzle brain_teaser odd_one_out what_comes_next next_number
        missing_number sequence pattern compare comparing weigh pros_and_cons advantages_and_disadvantages trade_offs
        tradeoffs for_and_against argue decide decision should_i should_we help_me_decide help_me_choose
        which_is_better which_option which_one_is better_deal better_value cheaper cheapest worth_it evaluate analyze
        analyse assess judge plan strategy strategise optimal optimise optimize prioritise prioritize schedule
        organise organize allocate budget consequences what_would_happen what_happens_if what_if what_would_change
        how_would implications estimate therefore does_it_follow hypothetical hypothesis why_can't why_would
        assumption* probability odds chance chances likelihood how_many_ways how_come explain_your_reasoning
        break_down break_this_down riskier""",
    "reason_number": """half twice double triple third quarter percent percentage per hour hours minute minutes mile
        miles kilometres kilometers km mph litre litres liter liters kilo kilos euros dollars pounds cents dollar each
        total sum average mean_of remainder left left_over remain remaining split divide divided share equally
        multiply times plus minus equals equation equations quadratic algebra x_plus solve_for square_root angle
        triangle rectangle perimeter area_of volume_of interest discount profit loss salary save saving savings speed
        distance travels travelling traveling older younger taller shorter heavier lighter faster slower twice_as
        as_old_as age ages consecutive number_of days_later how_long_until how_much_will how_much_would how_many_do
        coins dice cards marbles apples socks machines workers painters train_leaves leaves_at arrive arrives together
        altogether fewer""",
    # --- what changes by the hour ------------------------------------------------------------------------------------
    "live_topic": """weather whether_like forecast rain raining rains snow snowing snowy sunny cloudy umbrella windy
        wind humid humidity storm stormy thunderstorm temperature degrees_outside pollen uv_index air_quality
        sunset_today sunrise headlines headline_news news breaking_news stock stocks share_price stock_market
        stock_price dow_jones nasdaq ftse dax bitcoin bit_coin ethereum crypto exchange_rate interest_rate gas_price*
        petrol_price* fuel_price* petrol_cost price_of gold_price score scores standings league champions_league
        premier_league world_cup match_result* game_last lakers yankees arsenal liverpool bayern chelsea barcelona
        traffic traffic_jam roadworks delay delays delayed on_time next_bus next_train train_to bus_leave flight
        flights my_flight departure* arrivals opening_hours open_now still_open ticket tickets showtimes
        cinema_tonight on_tv lottery jackpot trending election_results poll_numbers parcel package_arrive wetter regen
        regnen regnet schnee regenschirm nachrichten schlagzeilen börse aktie aktien aktienkurs kurs stau benzinpreis*
        benzin spritpreis* bundesliga verspätung météo pleuvoir pleut neige nouvelles actualités infos titres bourse
        embouteillage* essence trafic parapluie lluvia llover llueve nieve noticias bolsa tráfico gasolina paraguas
        piove pioverà pioggia notizie borsa traffico benzina ombrello meteo chuva chover chove neve notícias noticias
        trânsito gasolina previsão weer regenen regent nieuws files file beurs benzine paraplu weerbericht pogod* pada
        padać deszcz śnieg wiadomości giełd* benzyn* kork* parasol* notowania""",
    "live_time": """today tonight tomorrow yesterday now right_now at_the_moment currently current latest this_morning
        this_afternoon this_evening this_weekend this_week last_night later_today next_week on_monday on_tuesday
        on_wednesday on_thursday on_friday on_saturday on_sunday at_present so_far up_to_date recent recently live
        outside nearby near_me near_here around_here closest heute morgen gestern jetzt aktuell gerade heute_abend
        neueste aujourd'hui aujourd demain hier maintenant en_ce_moment ce_soir actuellement du_jour hoy mañana manana
        ayer ahora anoche esta_noche actual oggi domani ieri adesso ora stasera attuale hoje amanhã amanha ontem agora
        esta_noite atual fim_de_semana vandaag gisteren nu vanavond laatste dzisiaj dziś dzisiejsz* jutro wczoraj
        wczorajsz* teraz aktualn*""",
    "live_act": """look_up search_the search_for google check_the who_won did_win who_scored who_is_leading
        who's_leading who_is_winning how_much_is how_much_are how_much_does what_time_does is_there_a will_it
        will_there is_it_going going_to_rain do_i_need open closed close closes cost costs game match played play_next
        teams won win wins leading playing trading hoe_staat wer_hat_gewonnen gespielt spiel gewonnen kostet steht
        gagné match coûte coute temps_fera quel_temps partido ganó gano cuánto_está cuesta tiempo_hará qué_tiempo
        partita vinto costa che_tempo jogo ganhou custa o_tempo como_vai_estar_o_tempo wedstrijd kost wat_voor_weer
        wygrał mecz kosztuje""",
    # --- small talk --------------------------------------------------------------------------------------------------
    "feeling": """feel feels feeling felt sad happy glad lonely alone bored tired exhausted sleepy stressed anxious
        nervous worried scared afraid angry mad upset annoyed annoying excited thrilled grateful proud disappointed
        heartbroken crying cry depressed down gutted love loved hate miss missed hurt hurts sick mood sorry ashamed
        jealous hungry thirsty cheer cheered fun funny nice lovely wonderful terrible awful rough amazing great best
        worst weird hard beautiful""",
    "own_life": """my_day my_boss my_wife my_husband my_girlfriend my_boyfriend my_mother my_mum my_mom my_dad
        my_father my_son my_daughter my_kids my_friend my_sister my_brother my_cat my_dog my_job my_birthday my_exam
        at_work i_just i_had i_have_had i_got i_won i_lost i_failed i_finally i_saw i_think i_guess i_need_someone
        i_don't i_can't i_hate i_love i'm_so i'm_a i'm_going i'm_home i'm_back i_feel i_missed we're we_had we_lost
        we_won birthday holiday exam guests neighbours weekend""",
    "about_you": """are_you do_you would_you did_you have_you can_you_be you're you_are your_name your_favorite
        your_favourite you_like you_think you_feel you_believe you_remember yourself how_are how's_it how_have
        what's_up who_are_you who_made_you how_old_are_you where_are_you talk_to_me talk_with let's_talk let's_just
        chat chatting conversation be_my_friend friends tell_me_about_yourself tell_me_something_nice""",
    "manners": """hello hi hey hiya howdy good_morning good_mourning good_evening good_afternoon goodnight good_night
        bye goodbye see_you thanks thank thank_you cheers please welcome nice_to_meet wow haha ha oh ugh gosh yeah yep
        nope okay ok alright sure anyway well never_mind nevermind lol congratulations sounds_good no_worries""",
    # --- facts -------------------------------------------------------------------------------------------------------
    "fact_frame": """who_was who_is who_wrote who_invented who_painted who_discovered who_founded who_built what_is
        what_are what_was what_were what_does what_did what_do what_causes what_happened when_was when_did where_is
        where_are where_do where_does which_country which_planet which_city how_does how_do how_did how_is how_are
        how_many how_far how_tall how_big how_old_is how_deep how_long_does how_fast how_heavy how_often why_is
        why_are why_do why_does why_did define definition explain tell_me_about tell_me_something_about give_me_facts
        facts fact_about history_of meaning_of difference_between what_kind what_year in_what_year is_it_true
        do_you_know_when do_you_know_who can_you_tell_me information_about name_the list_the stand_for example_of
        examples_of called origin_of of_the_word symptoms ingredients ingredient population capital currency author
        inventor recipe how_to""",
    "fact_topic": """country countries continent continents ocean river mountain volcano* planet planets moon moons
        sun earth star stars galaxy universe space black_hole* gravity physics quantum atom* molecule* chemical
        element elements chemistry biology cell cells dna gene* evolution dinosaur* animal animals mammal* bird birds
        fish insect* plant plants tree trees vitamin* protein* disease virus bacteria* vaccine* immune blood heart
        brain liver kidney* bone bones muscle* organ* century war wars battle revolution empire king queen president
        emperor pope roman greek ancient medieval renaissance egypt* pharaoh* viking* religion* philosophy economy
        inflation democracy parliament constitution law government composer painter scientist philosopher artist film
        movie novel_by museum monument* tower pyramid* language_do computer internet wifi engine electricity energy
        solar_panel* battery* magnet* climate earthquake* tectonic hurricane* vegetable fruit cheese bread coffee tea
        wine chocolate boil roast bake cook clean stain* water metal gold silver iron oxygen carbon""",
    # --- languages ---------------------------------------------------------------------------------------------------
    "language_name": """english german french spanish italian portuguese dutch polish swedish danish norwegian finnish
        russian ukrainian czech slovak hungarian romanian bulgarian greek turkish arabic hebrew hindi chinese mandarin
        cantonese japanese korean thai vietnamese indonesian latin esperanto welsh irish gaelic catalan croatian
        serbian swahili farsi persian urdu bengali icelandic englisch deutsch französisch spanisch anglais allemand
        inglés alemán inglese tedesco inglês alemão engels duits angielski niemiecku""",
    "translate": """translate translation translated translator trans_late interpret interpreter how_do_you_say
        how_dew_you_say how_do_i_say how_can_i_say how_would_you_say how_would_i how_do_you_write say_in word_for
        german_word french_word spanish_word dutch_word phrase phrases pronounce pronunciation conjugate conjugation
        verb verbs vocabulary grammar dative accusative article_goes plural past_tense feminine masculine gender spell
        spelled spelling speak_french speak do_you_speak reply_in answer_in respond_in switch_to talk_in in_english
        in_german in_french in_spanish in_italian in_portuguese in_dutch in_polish in_japanese in_chinese to_english
        to_german into_english into_german into_french into_spanish teach_me learn practise practice quiz bilingual
        fluent mean_in what_does""",
    # --- words that settle it alone, and words that only hint
    "code_sure": """python pie_thon javascript java_script typescript golang kotlin css html sql sqlite postgres mysql
        regex json yaml xml csv git github docker dockerfile kubernetes linux bash powershell react django flask numpy
        node_js api apis endpoint endpoints backend frontend compiler traceback stack_trace syntax_error
        segfault null_pointer recursion recursive algorithm tuples tuple hashmap hash_map linked_list boolean refactor
        debugger debugging unit_test mutex multithreading async await lambda generics middleware constructor
        constructors garbage_collection subclass superclass metaclass namespace enum enums struct structs typedef
        iterator iterators bytecode bitwise stored_procedure left_join inner_join group_by data_frame dataframe
        data_frames virtual_machine pull_request merge_conflict code_review for_loop while_loop nested_loop
        if_statement switch_case switch_statement type_hints web_server web_scraper localhost cron_job shell_script
        bash_script makefile home_folder read_me permission_denied command_line exit_code status_code four_oh_four
        five_hundred_error undefined_reference undefined_is indentation_error out_of_bounds npm pip tkinter pygame ssh
        todo_app snake_game tic_tac_toe countdown_timer_in binary_search sorting_algorithm time_complexity pseudo_code
        source_code codebase my_code this_code line_of_code lines_of_code in_code code_that code_for programming
        programmers coding""",
    "code_hint": """class classes function functions method methods loop loops array arrays list lists string strings
        variable variables object objects element elements item items column columns row rows table tables key keys
        value values index file files folder command commands script scripts server servers port process processes
        thread build builds returns return error errors bug test tests module modules library package page button link
        form grid responsive hover query queries cache caching deployment deploy rollback branch push commit keyword
        argument arguments input output print default template float floats integer compare_equal double_equals
        triple_equals tabs spaces disk_usage usage network network_call request cast parse escape split append sort
        sorts merge loads load crash crashes crashed compile run running statement callback memory heap pipe counter
        app application program prime dates""",
    "foreign_people": """germans frenchmen spaniard spaniards italians poles brazilians dutchman dutch the_french
        the_germans the_spanish in_france in_spain in_italy in_poland in_brazil greet greeting greetings abroad
        foreign guest_from speaks_only only_speaks""",
    "grammar_word": """noun nouns verb verbs adjective adjectives preposition prepositions article articles tense
        subjunctive conjugate decline declension plural singular accent umlaut ending feminine masculine neuter
        dialect slang idiom proverb expression alphabet accent_on""",
    "chat_opening": """guess believe_it honestly anyway what_a oh well right_then come_on same_old long_time not_much
        nothing_special people_are sometimes maybe i_wish i_hope i_used_to i_should_really i_could_use i_spent i_tried
        i_bought i_burned i_forgot i_miss i_need_someone i_was i_am i'm it's_been it_was it's_so it's_only it's_my
        the_kids the_baby the_house the_neighbours my_back my_knee my_plants my_team my_friend everybody's everyone_is
        nobody somebody you_made you_were you_got you_must you've you_sound you_never thanks_for that_was that's_not
        no_i no_that yes_i today_was tomorrow_is we_adopted we're let_me_tell don't_be don't_worry am_i""",
    "chat_company": """company hug lonely listen listening secret kidding joking swear haircut hobby hobbies yoga
        dinner wine soup kitten baby pregnant expecting engaged married marriage divorce retired retirement garden
        glasses alone quiet silly honest boring guilty rough exhausting panicking freezing voice parent stuck""",
    "wonder_about_you": """do_you_ever do_you_get do_you_want do_you_believe do_you_prefer do_you_sleep do_you_dream
        do_you_have do_you_like do_you_love do_you_remember are_you_happy are_you_real are_you_mad are_you_listening
        are_you_there are_you_awake are_you_a what_do_you_think what_do_you_like what_do_you_do what_did_you_do
        what_makes_you what_would_you_like what_are_you what's_bothering what's_on_your who's_your who_do_you
        where_do_you_live where_were_you where_have_you why_are_you why_do_you_sound why_don't_you how_do_you_feel
        how_do_you_like how_was_your how_are_you how_have_you have_you_ever can_you_hear can_you_keep tell_me_honestly
        tell_me_what_you_think your_opinion your_day your_night""",
    "play_role": """you_are_now you_are_an_old you_are_a you_be_the be_a be_an play_a play_the talk_like speak_like
        speak_as speak_to_me_as answer_as act_as act_like pretend i'm_a_space you're_a_wizard and_i'm_your
        in_character bard butler troll apprentice commentator sheriff fortune_teller dungeon_master medieval saloon""",
    "if_it_could_talk": """would_a would_the how_would_a how_would_shakespeare could_talk if_it_could if_cats_could
        sound_like would_say what_would_the as_if from_the_point_of_view point_of_view in_rhyme in_verse begins_with
        ends_with roses_are_red stormy_night finish_this finish_the_sentence finish_the carry_on add_a_dragon
        another_verse""",
    "write_text": """write_a write_an write_me write_the write_some write_something write_lyrics right_a right_me
        rite_a draft compose compose_a create_a invent_a make_up make_me make_a come_up design_a name_ideas ideas_for
        a_story a_poem a_haiku a_rhyme a_song something_in_verse ryme""",
    "text_kind": """letter card poem song speech story report article essay review profile postcard message spell
        apology excuse toast trailer interview legend conspiracy_theory motto mascot band farewell sympathy get_well
        thank_you_poem retirement mother's_day father's_day valentine birthday christmas costume kingdom planet
        planets villain wins""",
    "live_place": """airport flight airline motorway highway road roads route lane station subway underground bus
        buses trains ferry parking car_park cinema theatre pub library pharmacy supermarket shop shops post_office
        bakery gym pool lake beach slope restaurant restaurants plumber hospital bank schools market""",
    "live_state": """open opens closed close closes closing cancelled canceled delayed running on_strike landed
        shipped arrived leading trading winning resign resigned voted_out available full busy expecting worth
        up_or_down gone_up gone_down out_yet still doing_today these_days this_season these_last updates update report
        scores results numbers headlines""",
    "live_weather": """weather whether rain raining rainy snow snowing frost foggy fog freeze freezing hot cold warm
        windy sunny cloudy storm thunderstorm sunscreen umbrella jacket ice surf humid forecast degrees temperature
        heat heatwave drizzle hail""",
    "live_money": """bitcoin bit_coin ethereum oil barrel gold silver euro euros dollar pound pounds stocks market
        mortgage rate rates price prices share shares worth cost fuel petrol gas lottery jackpot tickets flights
        nasdaq tesla apple microsoft""",
    "live_sport": """game match score scores scored final race tour season league team teams play played playing won
        win lost points kick_off tennis football cricket rugby formula arsenal liverpool bayern leeds lakers chelsea
        champions standings ranking""",
    "world_events": """news headlines election president prime_minister minister budget strike trial war politics
        world parliament middle_east ukraine earthquake crisis announced decided happened happening""",
    "maths_task": """probability odds expected_value equation formula derivative integral fraction fractions percent
        product sum difference_of divisible multiple multiples digit digits radius diameter circumference cube cubed
        squared power_of mileage average_speed per_week per_month per_day a_day a_week a_year a_month instalment
        mortgage payment afford rent ticket tickets_cost pays paid costs bought sold gives_away shares_with gets_half
        share rope ropes bucket buckets jug jugs pipe pipes pool tank bricks coins cyclists trains handshakes
        combinations permutations seats pupils pills pages errands rows""",
    "think_frame": """think reasoning reasons justify explain_your_thinking show_your_steps take_me_through
        walk_me_through go_through make_the_case the_case_for the_case_against both_sides discuss ethical moral
        trolley fallacy counterexample hypothesis test_this_theory draw_a_conclusion what_follows what_could_explain
        cause_and_effect rank recommend rota budget efficient quickest most_efficient fairest more_likely
        worth_driving is_it_worth do_i_save would_it_be_faster would_it_be_cheaper would_it_be_better how_possible
        only_one exactly_one tells_the_truth lying liar lies trick_question determine count_how_many find_two
        which_box""",
    "everyday_howto": """how_do_i_get how_do_i_make how_do_i_clean how_do_i_stop how_do_i_cook how_do_i_fix
        how_do_you_make how_do_you_get how_do_you_cook how_can_i_lower kitchen knife rug carpet stain tap radiator
        tyre kettle sheet shirt sink drain oven puppy dog cat garden plant lawn sourdough dough cake eggs egg rice
        potatoes chicken pancakes recipe avocado cactus hiccups headache fever burn cold cough ants flies moths mould
        rust chemicals vinegar teaspoon tablespoon ounce grams calories protein sleep vitamin healthy raw""",
    "fact_sure": """who_painted who_wrote who_invented who_discovered who_founded who_directed who_composed what_year
        in_what_year what_century capital_of population_of currency_of chemical_symbol stand_for made_of come_from
        came_from called_in history_of origin_of definition_of meaning_of of_the_word the_term facts_about fact_about
        overview_of tell_me_about teach_me_about explain_how explain_what rotate live_on water_cycle symptoms_of
        function_of purpose_of name_the list_the nobel olympic olympics einstein shakespeare beatles venus mars saturn
        jupiter sahara amazon pacific atlantic mitochondria hypotenuse diabetes photosynthesis dark_matter submarines
        submarine stone_age world_war hurricane hurricanes onions glass metal liquid mammals spacecraft gdp nato
        recession""",
    # --- pictures ----------------------------------------------------------------------------------------------------
    "look_long": """detail details detailed detale describe description everything all full fully thorough thoroughly
        comprehensive every each exactly precisely carefully elaborate depth long paragraph text read reading
        transcribe written writing says say aloud word_for_word handwriting label sign menu document page list
        enumerate extract copy items objects background foreground composition colours colors textures wearing clothes
        whole alt_text as_possible walk_me paint_me very_detailed in_words paragraph_about detail genau ausführlich
        détail détails detalle todo dettagli pormenor detalhe uitgebreid dokładnie lies lis léeme leggi lê lees
        przeczytaj text texte texto testo tekst""",
    "look_think": """why how_many more_than which_of cheaper taller older likely probably happen next wrong mistake
        error safe solve explain figure_out work_out infer interpret judge compare relation joke meme chart graph plot
        trend diagram map timetable puzzle pattern evidence conclude reason emotion how_can_you_tell how_do_you_know
        and_why could would should fit total sum count area step_by_step cause homework contradiction unusual improve
        winning message fix suggest suggests warum pourquoi por_qué perché porque dlaczego waarom""",
    "look_short": """what_is_this what's_this what_is_that is_there is_it is_that are_there is_this is_the what_kind
        what_colour what_color who_is one_line short briefly brief quick quickly few_words one_word one_sentence
        caption name just do_you_see can_you_see what_do_you_see what's_in was_ist qu'est-ce qué_hay che_cosa co_to
        wat_zie o_que""",
}


def _together(*lexicons: Mapping[str, str]) -> dict[str, str]:
    """One lexicon of several; what has an accent stands there without it too."""
    entries: dict[str, dict[str, None]] = {}
    for lexicon in lexicons:
        for kind, listed in lexicon.items():
            for entry in listed.split():
                entries.setdefault(kind, {}).update({entry: None, plain(entry): None})
    return {kind: " ".join(found) for kind, found in entries.items()}


LEXICON: Final[Mapping[str, str]] = _together(_AT_HOME, ABROAD)
