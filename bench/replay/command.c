/*
 * All races that goals need, and what came of them.
 */
#include "replay/command.h"

#include "json_put.h"
#include "replay/race_report.h"

#include <stdio.h>
#include <stdlib.h>

static void
print_list(void)
{
    printf("Races:\n");
    for (unsigned k = 0; k < NRACES; k++)
        printf("  %-11s %s\n", race_name((enum race_kind)k), race_about((enum race_kind)k));
    printf("\nSides:\n");
    for (unsigned s = 0; s < NSIDES; s++)
        printf("  %-11s %s\n", side_name((enum side)s), side_about((enum side)s));
    printf("\nGoals (--require):\n");
    targets_print(race_goal);
}

static void
measure(const struct replay_options *o, struct outcome *outcome)
{
    for (unsigned k = 0; k < NRACES; k++) {
        unsigned sides = race_goals_sides(&o->requirements, (enum race_kind)k);

        if (!sides)
            continue;
        race_measure(&o->track, (enum race_kind)k, sides, &outcome->races[k]);
        outcome->has_race[k] = true;
        race_report_print(&outcome->races[k]);
    }
}

static bool
is_sound(const struct outcome *outcome)
{
    for (unsigned k = 0; k < NRACES; k++)
        for (unsigned s = 0; s < NSIDES; s++)
            if (outcome->races[k].fault[s][0])
                return false;
    return true;
}

static int
run(struct replay_options *o)
{
    struct outcome *outcome = allocate(1, sizeof *outcome);
    struct target_value *v = allocate(MAX_REQUIREMENTS, sizeof *v);
    struct track *t = &o->track;
    weir_buf json = {0};

    json_check_writable(o->json);
    sets_find_tagweir(t->tagweir);
    if (!t->ondemand[0])
        process_beside(t->ondemand, "weir-ondemand");
    t->cores = cores_find();
    race_report_head(o);
    cores_pin(t->cores.client);
    if (t->cores.client >= 0)
        measure(o, outcome);
    else
        outcome->missing = "replay and who reads its records want a core each, and there is one";
    if (outcome->missing)
        printf("Nothing is measured: %s.\n", outcome->missing);
    race_goals_measure(&o->requirements, outcome, v);
    int code = is_sound(outcome) ? EXIT_DONE : EXIT_MISSED;
    if (o->requirements.n && requirements_print(&o->requirements, v) > 0)
        code = EXIT_MISSED;
    race_report_json(o, outcome, v, &json);
    if (o->json && !json_write(&json, o->json))
        die(EXIT_FAILED, "%s could not be written", o->json);
    weir_buf_fini(&json);
    free(v);
    free(outcome);
    return code;
}

int
replay_main(int argc, char **argv)
{
    struct replay_options *o = allocate(1, sizeof *o);
    int code = replay_options_read(o, argc, argv);

    if (code < 0 && o->list) {
        print_list();
        code = EXIT_DONE;
    }
    if (code < 0)
        code = run(o);
    free(o);
    return code;
}
