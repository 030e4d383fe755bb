@testable import ControlPlane

import Foundation
import KubernetesModel
import Testing

@Suite struct ProtobufTests {
    /// A message, written by hand: pairs of field numbers and contents.
    private indirect enum Part {
        case text(Int, String)
        case number(Int, UInt64)
        case message(Int, [Part])
    }

    private func bytes(_ parts: [Part]) -> [UInt8] {
        parts.flatMap { part -> [UInt8] in
            switch part {
            case .text(let number, let text): field(number, Array(text.utf8))
            case .number(let number, let value): varint(UInt64(number) << 3) + varint(value)
            case .message(let number, let inner): field(number, bytes(inner))
            }
        }
    }

    private func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
        varint(UInt64(number) << 3 | 2) + varint(UInt64(content.count)) + content
    }

    private func varint(_ value: UInt64) -> [UInt8] {
        value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + varint(value >> 7)
    }

    private func envelope(_ version: String, _ kind: String, _ parts: [Part]) -> [UInt8] {
        [0x6B, 0x38, 0x73, 0] + field(1, bytes([.text(1, version), .text(2, kind)])) + field(2, bytes(parts))
    }

    @Test func `what was not said is left out, and a zero that was meant is kept`() throws {
        let body = envelope(
            "apps/v1", "Deployment",
            [
                .message(
                    1, [.text(1, "web"), .text(2, ""), .number(7, 0), .message(11, [.text(1, "app"), .text(2, "")])]),
                .message(
                    2,
                    [
                        .number(1, 0), .number(7, 0),
                        .message(
                            4,
                            [
                                .message(
                                    2, [.message(1, [.number(1, 1), .text(3, "25%")]), .message(2, [.number(2, 3)])])
                            ]),
                    ]),
            ])
        #expect(
            try ProtobufReader.object(body) == [
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": ["name": "web", "labels": ["app": ""]],
                "spec": ["replicas": 0, "strategy": ["rollingUpdate": ["maxUnavailable": "25%", "maxSurge": 3]]],
            ])
    }

    @Test func `times, bytes and members in place are read`() throws {
        let secret = envelope(
            "v1", "Secret",
            [.message(1, [.message(8, [.number(1, 1_700_000_000)])]), .message(2, [.text(1, "k"), .text(2, "abc")])])
        let read = try ProtobufReader.object(secret)
        #expect(read[path: "data", "k"] == "YWJj")
        #expect(read[path: "metadata", "creationTimestamp"] == "2023-11-14T22:13:20Z")
        let lease = envelope(
            "coordination.k8s.io/v1", "Lease",
            [.message(2, [.message(4, [.number(1, 1_700_000_000), .number(2, 5000)])])])
        #expect(try ProtobufReader.object(lease)[path: "spec", "renewTime"] == "2023-11-14T22:13:20.000005Z")
    }

    @Test(
        arguments: [
            ("Widget", [UInt8](), "Widget is not read as protobuf"), ("ConfigMap", [0x4A, 0], "field 9 of ConfigMap"),
            ("ConfigMap", [0x0A, 5], "cut short"), ("ConfigMap", [0x0D, 0, 0, 0, 0], "wire type 5"),
            ("ConfigMap", [0x08, 1], "another wire type"),
        ])
    func `what cannot be read is refused, never dropped`(kind: String, raw: [UInt8], message: String) throws {
        let body = [0x6B, 0x38, 0x73, 0] + field(1, bytes([.text(1, "v1"), .text(2, kind)])) + field(2, raw)
        let failure = #expect(throws: ProtobufReader.Failure.self) { try ProtobufReader.object(body) }
        #expect(failure?.message.contains(message) == true)
    }

    @Test func `every type that a message names is there`() {
        let schema = ProtobufSchema.shared
        for line in ProtobufTypes.lines.split(separator: "\n") {
            let name = String(line.prefix { $0 != ":" })
            for field in (schema.fields(of: name) ?? [:]).values { check(field.type, in: name) }
        }
    }

    private func check(_ type: ProtobufSchema.FieldType, in name: String) {
        switch type {
        case .message(let inner), .inline(let inner):
            #expect(ProtobufSchema.shared.fields(of: inner) != nil, "\(inner) in \(name)")
        case .list(let element), .map(let element): check(element, in: name)
        default: break
        }
    }
}
