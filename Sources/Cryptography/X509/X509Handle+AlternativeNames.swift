import COpenSSL

extension X509Handle {
    /// The DNS names and IP addresses of the subject alternative name extension; other kinds are left out.
    var alternativeNames: (dnsNames: [String], ipAddresses: [String]) {
        guard let raw = X509_get_ext_d2i(pointer, NID_subject_alt_name, nil, nil) else { return ([], []) }
        let names = OpaquePointer(raw)
        defer { GENERAL_NAMES_free(names) }
        var dnsNames: [String] = []
        var ipAddresses: [String] = []
        for index in 0..<copenssl_general_names_count(names) {
            guard let name = copenssl_general_names_get(names, index) else { continue }
            var kind: Int32 = 0
            guard let value = GENERAL_NAME_get0_value(name, &kind) else { continue }
            let string = value.assumingMemoryBound(to: ASN1_STRING.self)
            let bytes = UnsafeBufferPointer(
                start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string)))
            switch kind {
            case GEN_DNS: dnsNames.append(String(decoding: bytes, as: UTF8.self))
            case GEN_IPADD: if let text = IPAddressText.text(Array(bytes)) { ipAddresses.append(text) }
            default: continue
            }
        }
        return (dnsNames, ipAddresses)
    }
}
