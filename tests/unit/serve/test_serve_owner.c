/*
 * serve/owner: users and groups by name and number.
 */
#include "unit/test.h"

#include "base/span.h"
#include "serve/owner.h"

#define NONE OWNER_NONE

static void
owners(void **state)
{
    static const struct {
        const char *spec;
        id_t uid, gid, login_gid;
        const char *login; /* NULL: refused */
        const char *why;
    } rows[] = {
        {"root", 0, NONE, 0, "root", ""},
        {"root:root", 0, 0, 0, "root", ""},
        {":root", NONE, 0, NONE, "", ""},
        {"0", 0, NONE, 0, "root", ""},
        {"0:0", 0, 0, 0, "root", ""},
        {"root:77", 0, 77, 0, "root", ""},
        {"4294967294", 4294967294u, NONE, NONE, "", ""},
        {"4294967293:4294967292", 4294967293u, 4294967292u, NONE, "", ""},
        {"4294967295", 0, 0, 0, NULL, "there is no user 4294967295"},
        {"99999999999999999999", 0, 0, 0, NULL, "there is no user 99999999999999999999"},
        {"-1", 0, 0, 0, NULL, "there is no user -1"},
        {"0x0", 0, 0, 0, NULL, "there is no user 0x0"},
        {"no such user", 0, 0, 0, NULL, "there is no user no such user"},
        {"root:no such group", 0, 0, 0, NULL, "there is no group no such group"},
        {"root:root:root", 0, 0, 0, NULL, "there is no group root:root"},
        {"root:", 0, 0, 0, NULL, "expected USER, USER:GROUP or :GROUP, by name or number"},
        {":", 0, 0, 0, NULL, "expected USER, USER:GROUP or :GROUP, by name or number"},
        {"", 0, 0, 0, NULL, "expected USER, USER:GROUP or :GROUP, by name or number"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct owner o;
        weir_buf why = {0};
        bool good = owner_find(rows[i].spec, &o, &why);

        if (good != (rows[i].login != NULL) || !span_is((weir_span){why.p, why.len}, rows[i].why))
            fail_msg("%s: %.*s", rows[i].spec, SPAN_FMT(why));
        weir_buf_fini(&why);
        if (!good)
            continue;
        if (o.uid != rows[i].uid || o.gid != rows[i].gid || o.login_gid != rows[i].login_gid)
            fail_msg("%s: %u, %u and %u", rows[i].spec, o.uid, o.gid, o.login_gid);
        assert_string_equal(o.login, rows[i].login);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owners),
    };

    return cmocka_run_group_tests_name("serve/owner", tests, NULL, NULL);
}
