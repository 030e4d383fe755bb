// Typed doors to libcurl's variadic functions, which Swift cannot call: one for each type of argument.
#ifndef DR_CCURL_SHIM_H
#define DR_CCURL_SHIM_H

#include <curl/curl.h>
#include <stddef.h>
#include <sys/prctl.h>

typedef size_t (*dr_data_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*dr_seek_callback)(void *context, curl_off_t offset, int origin);
typedef curl_socket_t (*dr_open_callback)(void *context, curlsocktype purpose, struct curl_sockaddr *address);

static inline CURLcode dr_set_long(CURL *easy, CURLoption option, long value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode dr_set_offset(CURL *easy, CURLoption option, curl_off_t value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode dr_set_text(CURL *easy, CURLoption option, const char *value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode dr_set_pointer(CURL *easy, CURLoption option, void *value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode dr_set_list(CURL *easy, CURLoption option, struct curl_slist *value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode dr_set_data_callback(CURL *easy, CURLoption option, dr_data_callback value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode dr_set_seek_callback(CURL *easy, CURLoption option, dr_seek_callback value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode dr_set_open_callback(CURL *easy, CURLoption option, dr_open_callback value) { return curl_easy_setopt(easy, option, value); }

// The bytes are copied.
static inline CURLcode dr_set_blob(CURL *easy, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(easy, option, &blob);
}

static inline CURLcode dr_get_long(CURL *easy, CURLINFO info, long *value) { return curl_easy_getinfo(easy, info, value); }
static inline CURLcode dr_get_pointer(CURL *easy, CURLINFO info, void **value) { return curl_easy_getinfo(easy, info, (char **)value); }
static inline CURLMcode dr_multi_set_long(CURLM *multi, CURLMoption option, long value) { return curl_multi_setopt(multi, option, value); }

// Macros that Swift does not import.
static const size_t dr_write_pause = CURL_WRITEFUNC_PAUSE;
static const size_t dr_read_pause = CURL_READFUNC_PAUSE;
static const size_t dr_read_abort = CURL_READFUNC_ABORT;
static const long dr_global_default = CURL_GLOBAL_DEFAULT;
static const long dr_http_1_1 = CURL_HTTP_VERSION_1_1;
static const long dr_http_2_tls = CURL_HTTP_VERSION_2TLS;
static const size_t dr_error_size = CURL_ERROR_SIZE;

// pthread_setname_np is hidden without _GNU_SOURCE.
static inline void dr_name_this_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

static inline CURLcode dr_message_result(CURLMsg *message) { return message->data.result; }

#endif
