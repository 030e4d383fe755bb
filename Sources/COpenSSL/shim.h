#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Swift imports neither variadic functions nor function-like macros. One typed shim for each that is used.

static inline EVP_PKEY *copenssl_generate_p256(void) { return EVP_EC_gen("P-256"); }

static inline EVP_PKEY *copenssl_generate_x25519(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "X25519"); }

/// The bytes belong to the BIO.
static inline long copenssl_bio_contents(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }

static inline int copenssl_general_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }

static inline GENERAL_NAME *copenssl_general_names_get(const GENERAL_NAMES *names, int index) {
    return sk_GENERAL_NAME_value(names, index);
}

/// Takes over the name when it succeeds (a result above 0).
static inline int copenssl_general_names_push(GENERAL_NAMES *names, GENERAL_NAME *name) {
    return sk_GENERAL_NAME_push(names, name);
}

/// `GEN_DNS`, `GEN_IPADD` and so on; the union behind it is not visible to Swift under its macro names.
static inline int copenssl_general_name_kind(const GENERAL_NAME *name) { return name->type; }

/// RFC 2253, but letters beyond ASCII stay letters.
static inline unsigned long copenssl_name_flags(void) { return XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB; }

static inline int copenssl_error_reason(unsigned long code) { return ERR_GET_REASON(code); }

static inline int copenssl_error_library(unsigned long code) { return ERR_GET_LIB(code); }

#endif
