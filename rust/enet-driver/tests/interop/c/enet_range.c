/* enet_range: the library's range coder as a filter, all numbers big-endian.
 *
 * Reads    operation (8: 'c' compress, 'd' decompress), limit (32), length (32), bytes
 * Answers  length (32), bytes; the length is 0 when the library says that it cannot be done
 * Ends     with standard input. */
#include "common.h"

enum { MOST = 1 << 20 };

static uint8_t input[MOST], output[MOST];

static bool read_all(void *bytes, size_t length)
{
    return fread(bytes, 1, length, stdin) == length;
}

/* A host hands over its commands piece by piece; where they are cut must not matter. */
static size_t compress_in_pieces(void *coder, size_t length, size_t limit)
{
    ENetBuffer pieces[3];
    size_t cut = length / 3;
    pieces[0].data = input;
    pieces[0].dataLength = cut;
    pieces[1].data = input + cut;
    pieces[1].dataLength = cut;
    pieces[2].data = input + 2 * cut;
    pieces[2].dataLength = length - 2 * cut;
    /* an empty piece is never handed over */
    return cut == 0 ? enet_range_coder_compress(coder, &pieces[2], 1, length, output, limit)
                    : enet_range_coder_compress(coder, pieces, 3, length, output, limit);
}

int main(void)
{
    void *coder = enet_range_coder_create();
    uint8_t head[9], length_out[4];
    while (read_all(head, sizeof head)) {
        size_t limit = read_u32(&head[1]), length = read_u32(&head[5]);
        if (limit > MOST || length > MOST || !read_all(input, length))
            die("a request is too large or cut short");
        size_t made = head[0] == 'c' ? compress_in_pieces(coder, length, limit)
                                     : enet_range_coder_decompress(coder, input, length, output, limit);
        write_u32(length_out, (uint32_t) made);
        fwrite(length_out, 1, sizeof length_out, stdout);
        fwrite(output, 1, made, stdout);
        fflush(stdout);
    }
    enet_range_coder_destroy(coder);
    return 0;
}
