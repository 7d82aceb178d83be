/*
 * The one file that knows simdjson: stage 1 behind a C interface.
 *
 * Stage 1 is called on the parser implementation itself, as simdjson's own parsers do, so that
 * the kernel is picked at run time. It reads whole blocks only where the text has them and copies
 * the last, so that no byte behind the text is looked at. Nothing here throws: simdjson's side is
 * noexcept throughout, and allocations are nothrow.
 */
#include "post/json.h"

#include <memory>
#include <new>

#include <simdjson.h>

namespace {

/* A first size for which most lines need no growth; 4 bytes of index for each. */
constexpr size_t first_capacity = size_t(64) << 10;
/* Offsets of tokens, and one behind the last, must fit into 32 bits with a block to spare. */
constexpr size_t longest_text = (size_t(4) << 30) - 4096;

} // namespace

struct weir__scanner {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
    /* The kernel for processors without any vectors validates strings only: the rest of the text
       is then checked beforehand, so that every machine answers alike. */
    bool is_utf8_left;
};

struct weir__scanner *
weir__scanner_new(void)
{
    std::unique_ptr<weir__scanner> s(new (std::nothrow) weir__scanner);

    /* The depth is that of stage 2, which is never run. */
    if (!s || simdjson::get_active_implementation()->create_dom_parser_implementation(
                  first_capacity, 1, s->parser) != simdjson::SUCCESS)
        return nullptr;
    s->is_utf8_left = simdjson::get_active_implementation()->name() == "fallback";
    return s.release();
}

void
weir__scanner_free(struct weir__scanner *s)
{
    delete s;
}

size_t
weir__scanner_limit(void)
{
    return longest_text;
}

enum weir__scan
weir__scanner_scan(struct weir__scanner *s, const char *p, size_t len, struct weir__tokens *out)
{
    auto &parser = *s->parser;

    if (len > parser.capacity()) {
        size_t capacity = parser.capacity() * 2 > len ? parser.capacity() * 2 : len;
        if (capacity > longest_text)
            capacity = longest_text;
        if (len > capacity || parser.set_capacity(capacity) != simdjson::SUCCESS)
            return WEIR__SCAN_NOMEM;
    }
    if (s->is_utf8_left && !simdjson::validate_utf8(p, len))
        return WEIR__SCAN_MALFORMED;
    simdjson::error_code e = parser.stage1(reinterpret_cast<const uint8_t *>(p), len,
                                           simdjson::stage1_mode::regular);
    if (e == simdjson::EMPTY)
        return WEIR__SCAN_EMPTY;
    if (e != simdjson::SUCCESS)
        return WEIR__SCAN_MALFORMED;
    out->block = p;
    out->at = parser.structural_indexes.get();
    out->n = parser.n_structural_indexes;
    /* as simdjson has left it, which nobody has promised */
    parser.structural_indexes[out->n] = uint32_t(len);
    return WEIR__SCAN_OK;
}
