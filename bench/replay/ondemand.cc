// weir-ondemand: what reading alone costs, with the fastest JSON reader that Debian has. It takes
// from every post the fields that `tagweir replay` takes, and decides nothing.
//
// simdjson's On-Demand as its authors would have it used: one parser, keys compared where they
// lie, what is not wanted skipped by the offsets of stage 1. It checks less than Tagweir must: no
// duplicate keys, nothing of values that nobody reads. Every value that is read goes into sums, so
// that no compiler leaves it out, and so that they can be compared with what Tagweir reads.
//
// A program of its own, so that both sides start, open their files and end. It runs on one thread.
// -march=native was tried and gives nothing: stage 1 and strings are simdjson's library's, which
// looks for what the processor can.
#include "replay/ondemand_fields.h"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include <fcntl.h>
#include <getopt.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace
{

using namespace ondemand;

constexpr size_t padding = simdjson::SIMDJSON_PADDING;

enum Input { INPUT_READ, INPUT_MMAP, INPUT_WHOLE };

struct Work {
    Input input = INPUT_MMAP;
    size_t block = size_t{256} << 10;
    bool own = false, many = false, find = false;
    od::parser parser;
    Sum sum = {};
    uint64_t lines = 0, bytes = 0;
    double seconds = 0; // without reading where files are read beforehand
};

[[noreturn]] void
fail(int code, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    std::fputs("weir-ondemand: ", stderr);
    std::vfprintf(stderr, fmt, args);
    std::fputc('\n', stderr);
    va_end(args);
    std::exit(code);
}

double
now()
{
    timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

// ---- lines ----

template <class How, bool Own>
inline void
take_object(Work &w, od::object o)
{
    w.lines++;
    if constexpr (Own)
        How::own(w.sum, o, 0);
    else
        How::tweet(w.sum, o, 0);
    if (w.sum.bad)
        fail(4, "line %llu: malformed", static_cast<unsigned long long>(w.lines));
}

// Whole lines; behind them there is padding.
template <class How, bool Own>
void
take_each(Work &w, const char *p, size_t len)
{
    const char *end = p + len;

    while (p < end) {
        auto nl = static_cast<const char *>(memchr(p, '\n', static_cast<size_t>(end - p)));
        size_t n = static_cast<size_t>((nl ? nl : end) - p);
        od::document document;
        od::object o;

        if (n && (w.parser.iterate(p, n, static_cast<size_t>(end - p) + padding).get(document) !=
                      simdjson::SUCCESS ||
                  document.get_object().get(o) != simdjson::SUCCESS))
            fail(4, "line %llu is no object", static_cast<unsigned long long>(w.lines + 1));
        if (n)
            take_object<How, Own>(w, o);
        p += n + 1;
    }
}

template <class How, bool Own>
void
take_many(Work &w, const char *p, size_t len)
{
    od::document_stream documents;

    if (w.parser.iterate_many(p, len, w.block).get(documents) != simdjson::SUCCESS)
        fail(4, "out of memory");
    for (auto document : documents) {
        od::object o;

        if (document.get_object().get(o) != simdjson::SUCCESS)
            fail(4, "line %llu is no object", static_cast<unsigned long long>(w.lines + 1));
        take_object<How, Own>(w, o);
    }
    if (documents.truncated_bytes())
        fail(4, "line %llu is cut", static_cast<unsigned long long>(w.lines + 1));
}

template <class How>
void
take_lines_by(Work &w, const char *p, size_t len)
{
    if (w.own)
        w.many ? take_many<How, true>(w, p, len) : take_each<How, true>(w, p, len);
    else
        w.many ? take_many<How, false>(w, p, len) : take_each<How, false>(w, p, len);
}

void
take_lines(Work &w, const char *p, size_t len)
{
    w.bytes += len;
    if (w.find)
        take_lines_by<Find>(w, p, len);
    else
        take_lines_by<Pass>(w, p, len);
}

// ---- files ----

size_t
read_some(int fd, char *at, size_t room)
{
    ssize_t n;

    do
        n = read(fd, at, room);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        fail(4, "reading: %s", std::strerror(errno));
    return static_cast<size_t>(n);
}

// Blocks, each with the beginning of a line that the last one cut.
void
read_blocks(Work &w, int fd)
{
    std::vector<char> buffer(w.block + padding);
    size_t have = 0, got;

    while ((got = read_some(fd, buffer.data() + have, buffer.size() - padding - have)) > 0) {
        have += got;
        auto last = static_cast<const char *>(memrchr(buffer.data(), '\n', have));
        size_t whole = last ? static_cast<size_t>(last - buffer.data()) + 1 : 0;
        if (whole)
            take_lines(w, buffer.data(), whole);
        else if (have == buffer.size() - padding)
            fail(4, "line %llu is longer than a block (--block)",
                 static_cast<unsigned long long>(w.lines + 1));
        have -= whole;
        std::memmove(buffer.data(), buffer.data() + whole, have);
    }
    if (have)
        take_lines(w, buffer.data(), have);
}

// Mapped, with padding behind it.
void
read_mapped(Work &w, int fd, size_t size)
{
    void *room = mmap(nullptr, size + padding, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (room == MAP_FAILED ||
        mmap(room, size, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, fd, 0) == MAP_FAILED)
        fail(4, "mmap: %s", std::strerror(errno));
    take_lines(w, static_cast<const char *>(room), size);
    munmap(room, size + padding);
}

// All of it beforehand, which takes no time.
void
read_whole(Work &w, int fd, size_t size)
{
    static std::vector<char> buffer;
    size_t have = 0, got;
    double start = now();

    if (buffer.size() < size + padding)
        buffer.resize(size + padding);
    while (have < size && (got = read_some(fd, buffer.data() + have, size - have)) > 0)
        have += got;
    w.seconds -= now() - start;
    take_lines(w, buffer.data(), have);
}

void
take_file(Work &w, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        fail(4, "%s: %s", path, std::strerror(errno));
    double start = now();
    switch (w.input) {
    case INPUT_READ:
        read_blocks(w, fd);
        break;
    case INPUT_MMAP:
        read_mapped(w, fd, static_cast<size_t>(st.st_size));
        break;
    case INPUT_WHOLE:
        read_whole(w, fd, static_cast<size_t>(st.st_size));
    }
    w.seconds += now() - start;
    close(fd);
}

// ---- the command ----

const char help[] =
    "usage: weir-ondemand [options] FILE...\n"
    "\n"
    "Reads posts, one JSON value a line, by simdjson's On-Demand, and says what it read and how\n"
    "long that took.\n"
    "\n"
    "  --dialect D   which fields: tweets (v1.1, the default) or own\n"
    "  --input I     mmap (the default), read (blocks), or whole (beforehand, and not counted)\n"
    "  --stage1 S    line (iterate, the default for tweets) or block (iterate_many, for own)\n"
    "  --block N     bytes of a block, longer than any line (256K)\n"
    "  --keys K      pass (over all, in order; the default) or find (find_field_unordered)\n";

bool
choose(const char *of, const char *said, const char *first, const char *second)
{
    if (std::strcmp(said, first) != 0 && std::strcmp(said, second) != 0)
        fail(2, "%s: %s or %s, not \"%s\"", of, first, second, said);
    return std::strcmp(said, first) == 0;
}

void
take_option(Work &w, int option)
{
    char *end;

    switch (option) {
    case 'd':
        w.own = choose("--dialect", optarg, "own", "tweets");
        w.many = w.own; // which is faster, unless --stage1 follows
        break;
    case 'i':
        if (std::strcmp(optarg, "whole") == 0)
            w.input = INPUT_WHOLE;
        else
            w.input = choose("--input", optarg, "read", "mmap") ? INPUT_READ : INPUT_MMAP;
        break;
    case 'b':
        w.block = std::strtoul(optarg, &end, 10);
        w.block <<= *end == 'K' ? 10 : *end == 'M' ? 20 : 0;
        if (w.block < 4096 || w.block > size_t{1} << 30)
            fail(2, "--block: 4K to 1024M");
        break;
    case 's':
        w.many = choose("--stage1", optarg, "block", "line");
        break;
    case 'k':
        w.find = choose("--keys", optarg, "find", "pass");
        break;
    default:
        std::fputs(help, option == 'h' ? stdout : stderr);
        std::exit(option == 'h' ? 0 : 2);
    }
}

void
tell(const Work &w)
{
    std::printf("{\"lines\":%llu,\"bytes\":%llu,\"posts\":%llu",
                static_cast<unsigned long long>(w.lines), static_cast<unsigned long long>(w.bytes),
                static_cast<unsigned long long>(w.sum.posts));
    for (int k = 0; k < nkinds; k++)
        std::printf(",\"%s\":[%llu,%llu]", kind_names[k],
                    static_cast<unsigned long long>(w.sum.n[k]),
                    static_cast<unsigned long long>(w.sum.bytes[k]));
    std::printf(",\"hash\":\"%016llx\",\"kernel\":\"%s\",\"seconds\":%.6f,"
                "\"lines_per_s\":%.0f}\n",
                static_cast<unsigned long long>(w.sum.hash),
                simdjson::get_active_implementation()->name().c_str(), w.seconds,
                static_cast<double>(w.lines) / w.seconds);
}

} // namespace

int
main(int argc, char **argv)
{
    static const option known[] = {{"dialect", required_argument, nullptr, 'd'},
                                   {"input", required_argument, nullptr, 'i'},
                                   {"block", required_argument, nullptr, 'b'},
                                   {"stage1", required_argument, nullptr, 's'},
                                   {"keys", required_argument, nullptr, 'k'},
                                   {"help", no_argument, nullptr, 'h'},
                                   {nullptr, 0, nullptr, 0}};
    Work w;
    int option;

    while ((option = getopt_long(argc, argv, "h", known, nullptr)) >= 0)
        take_option(w, option);
    if (optind == argc)
        fail(2, "no file; --help tells what there is");
    // all of its memory at once: a block's offsets and strings
    if (w.parser.allocate(w.block, 64) != simdjson::SUCCESS)
        fail(4, "out of memory");
    for (int i = optind; i < argc; i++)
        take_file(w, argv[i]);
    tell(w);
    return 0;
}
