import COpenSSL

extension CertificateTemplate {
    func addExtensions(to certificate: X509Handle, issuer: X509Handle) throws(CryptographyError) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer.pointer, certificate.pointer, nil, nil, 0)
        for (kind, value) in fixedExtensions {
            try OpenSSL.check("adding a certificate extension") {
                guard let made = X509V3_EXT_conf_nid(nil, &context, kind, value) else { return 0 }
                defer { X509_EXTENSION_free(made) }
                return X509_add_ext(certificate.pointer, made, -1)
            }
        }
        try addAlternativeNames(to: certificate)
    }

    /// Only our own constants: OpenSSL's text form would read commas in a name as further values.
    private var fixedExtensions: [(Int32, String)] {
        let keys = [(NID_subject_key_identifier, "hash"), (NID_authority_key_identifier, "keyid")]
        return switch purpose {
        case .authority:
            [
                (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
                (NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature"),
            ] + keys
        case .server:
            [
                (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
                (NID_ext_key_usage, "serverAuth"),
            ] + keys
        case .client:
            [
                (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
                (NID_ext_key_usage, "clientAuth"),
            ] + keys
        }
    }

    /// Names come from users: they go into the structure as bytes.
    private func addAlternativeNames(to certificate: X509Handle) throws(CryptographyError) {
        guard !dnsNames.isEmpty || !ipAddresses.isEmpty else { return }
        let names = try OpenSSL.check("allocating memory") { GENERAL_NAMES_new() }
        defer { GENERAL_NAMES_free(names) }
        for dnsName in dnsNames { try add(GEN_DNS, V_ASN1_IA5STRING, Array(dnsName.utf8), to: names) }
        for address in ipAddresses {
            guard let bytes = IPAddressText.bytes(address) else {
                throw invalid("\(address.debugDescription) is not an IP address, such as 127.0.0.1 or ::1")
            }
            try add(GEN_IPADD, V_ASN1_OCTET_STRING, bytes, to: names)
        }
        try OpenSSL.check("adding the alternative names") {
            X509_add1_ext_i2d(certificate.pointer, NID_subject_alt_name, UnsafeMutableRawPointer(names), 0, 0)
        }
    }

    private func add(
        _ kind: Int32, _ type: Int32, _ bytes: [UInt8], to names: OpaquePointer
    ) throws(CryptographyError) {
        try OpenSSL.check("adding an alternative name") {
            guard let value = ASN1_STRING_type_new(type) else { return 0 }
            guard ASN1_STRING_set(value, bytes, Int32(bytes.count)) == 1, let name = GENERAL_NAME_new() else {
                ASN1_STRING_free(value)
                return 0
            }
            GENERAL_NAME_set0_value(name, kind, value)
            guard copenssl_general_names_push(names, name) > 0 else {
                GENERAL_NAME_free(name)
                return 0
            }
            return 1
        }
    }
}
