/*
 * The programs' assertions by their short names, and the magics of their objects.
 */
#ifndef WEIR_FLOW_CHECK_H
#define WEIR_FLOW_CHECK_H

#include <tagweir/check.h>

#define CHECK WEIR_CHECK
#define CHECK_OBJ WEIR_CHECK_OBJ

#define ANSWERER_MAGIC 0x46414e31u
#define FRAME_MAGIC 0x46465231u
#define TLS_MAGIC 0x46544c31u
#define WIRE_TLS_MAGIC 0x46575431u
#define CONN_MAGIC 0x46434e31u
#define WORKER_MAGIC 0x46574b31u
#define SERVER_MAGIC 0x46535631u
#define EDITION_MAGIC 0x46454431u
#define DESK_MAGIC 0x46444b31u
#define SCRIBE_MAGIC 0x46534331u
#define SOURCE_MAGIC 0x46534f31u
#define UNPACKER_MAGIC 0x46554e31u
#define CODEC_MAGIC 0x46434f31u
#define ARRAY_MAGIC 0x46415231u
#define PACKER_MAGIC 0x46504b31u
#define SINK_MAGIC 0x46534b31u

#endif
