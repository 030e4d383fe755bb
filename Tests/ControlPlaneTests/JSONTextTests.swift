@testable import ControlPlane

import Foundation
import KubernetesModel
import Testing

@Suite struct JSONTextTests {
    @Test(
        arguments: [
            "null", "true", "[]", "{}", #"{"a":[1,-2,2.5,"x"]}"#, #""\"\\\n\r\tä\u0001""#, "9223372036854775807",
            "1.5e-7",
        ])
    func `a document comes back as it was`(text: String) throws {
        #expect(String(decoding: JSONText.bytes(try JSONText.parse(text)), as: UTF8.self) == text)
    }

    @Test(
        arguments: [
            (#""\u00e4\ud83d\ude00""#, "ä😀"), (#""\ud83d""#, "\u{FFFD}"), (#""\/\b\f""#, "/\u{8}\u{C}"),
        ])
    func `escapes are read`(text: String, value: String) throws {
        #expect(try JSONText.parse(text) == .string(value))
    }

    @Test(
        arguments: [
            ("", "unexpected end of JSON input"), (#"{"a":"#, "unexpected end of JSON input"),
            ("{a}", "invalid character 'a' looking for beginning of object key string"),
            ("[1 2]", "invalid character '2' after array element"),
            (#"{"a" 1}"#, "invalid character '1' after object key"), ("nul", "invalid character 'n' in literal null"),
            ("1 1", "invalid character '1' after top-level value"),
            ("01", "invalid character '1' after top-level value"),
            ("1e999", "number 1e999 is out of range"), (String(repeating: "[", count: 300), "exceeded max depth"),
        ])
    func `a broken document is refused with its why`(text: String, message: String) {
        #expect(throws: JSONText.ParseError(message: message)) { try JSONText.parse(text) }
    }

    @Test func `fields that occur twice are named by their path`() throws {
        var duplicates: [String] = []
        let text = #"{"spec":{"size":1,"size":2,"parts":[{"x":1,"x":1}]},"spec":{}}"#
        _ = try JSONText.parse(Array(text.utf8), duplicates: &duplicates)
        #expect(duplicates == ["spec.size", "spec.parts[0].x", "spec"])
    }

    @Test func `a small YAML text that stands for a huge tree is refused`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for index in 1..<9 {
            text +=
                "a\(index): &a\(index) [" + Array(repeating: "*a\(index - 1)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        #expect(throws: (any Error).self) { try YAMLText.parse(text) }
    }
}
