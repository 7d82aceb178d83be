/*
 * feed: wherever memory runs out, it is said, and what was handed on before is good.
 */
#include "unit/feed/packed.h"

#include "unit/fail_allocations.h"

static const char archive[] = "window.YTD.tweets.part0 = [ {\"tweet\":{\"id_str\":\"1\"}},\n"
                              "{\"tweet\":{\"id_str\":\"2\"}} ]";
static const char expected[] = "{\"id_str\":\"1\",\"user\":{\"screen_name\":\"o\"}}\n"
                               "{\"id_str\":\"2\",\"user\":{\"screen_name\":\"o\"}}\n";

/* How often it was refused at opening, and was not. */
static size_t nrefused, nread;

/* A source with the k-th allocation failing. @return false: there are no more. */
static bool
read_without(const char *path, size_t k)
{
    struct source_options o = {.owner_handle = "o"};
    weir_buf why = {0};
    char bytes[4096];
    ssize_t n = SOURCE_FAULT;

    fail_allocation(k);
    struct source *s = source_open(path, &o, &why);
    if (s)
        n = source_read(s, bytes, sizeof bytes);
    bool did = allocation_failed();
    if (!s) {
        nrefused++;
        assert_true(did && why.failed);
    } else if (n > 0) {
        nread++;
        assert_int_equal(n, sizeof expected - 1);
        assert_memory_equal(bytes, expected, (size_t)n);
    } else {
        assert_int_equal(n, SOURCE_FAULT);
        assert_non_null(source_fault(s));
    }
    source_close(s);
    weir_buf_fini(&why);
    return did;
}

static void
sources_without_memory(void **state)
{
    (void)state;
    for (size_t packing = 0; packing < 3; packing++) {
        weir_buf packed = {0};
        char path[256];
        size_t k = 1;

        pack_more((enum sink_packing)packing, archive, strlen(archive), &packed);
        (void)snprintf(path, sizeof path, "%s", write_file("tweets.js", packed.p, packed.len));
        nrefused = nread = 0;
        while (read_without(path, k))
            k++;
        assert_true(nrefused >= 6 && nread >= 1);
        weir_buf_fini(&packed);
    }
}

/* A sentence that there was no memory for is replaced by one that there is. */
static void
faults_without_memory(void **state)
{
    const char *path = write_text("cut.json", "[{}");
    struct source_options o = {.command = NULL};
    size_t nplain = 0;

    (void)state;
    for (size_t k = 1; k < 10; k++) {
        weir_buf why = {0};
        char bytes[16];
        struct source *s = source_open(path, &o, &why);

        assert_int_equal(source_read(s, bytes, sizeof bytes), 3);
        fail_allocation(k);
        assert_int_equal(source_read(s, bytes, sizeof bytes), SOURCE_FAULT);
        bool did = allocation_failed();
        assert_true(strstr(source_fault(s), "the array is cut off") || did);
        nplain += strstr(source_fault(s), "out of memory") != NULL;
        source_close(s);
    }
    assert_true(nplain >= 2);
}

static void
packers_and_sinks_without_memory(void **state)
{
    weir_span block = {archive, sizeof archive - 1};
    weir_buf why = {0};

    (void)state;
    for (size_t packing = 0; packing < 3; packing++) {
        struct packer *p;
        weir_buf out = {0};

        fail_allocation(1);
        p = packer_new((enum sink_packing)packing);
        assert_true(allocation_failed());
        assert_null(p);
        p = packer_new((enum sink_packing)packing);
        fail_allocation(1);
        assert_false(packer_pack(p, block, &out));
        assert_true(allocation_failed());
        assert_int_equal(out.len, 0);
        weir_buf_fini(&out);
        assert_true(packer_pack(p, block, &out)); /* it may be used again */
        packer_free(p);
        weir_buf_fini(&out);
    }
    fail_allocation(1);
    assert_null(sink_open(path_of("out"), SINK_ANEW, NULL, 0, &why));
    assert_true(allocation_failed());
    assert_true(why.failed);
    weir_buf_fini(&why);
    struct sink *s = sink_open("/dev/full", SINK_ANEW, NULL, 0, &why);
    fail_allocation(1);
    assert_false(sink_write(s, "x", 1));
    assert_true(allocation_failed());
    assert_string_equal(sink_fault(s), "No space left on device");
    (void)sink_close(s, NULL);
}

static int
begin(void **state)
{
    draw_from_seed();
    return make_folder(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_without_memory),
        cmocka_unit_test(faults_without_memory),
        cmocka_unit_test(packers_and_sinks_without_memory),
    };

    return cmocka_run_group_tests(tests, begin, remove_folder);
}
