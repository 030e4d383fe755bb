import Foundation
import FoundationXML

/// An XML element: S3's answers are small documents of nested names and texts.
final class XMLTree {
    let name: String
    private(set) var children: [XMLTree] = []
    private(set) var text = ""

    private init(_ name: String) { self.name = name }

    subscript(name: String) -> XMLTree? { children.first { $0.name == name } }
    func all(_ name: String) -> [XMLTree] { children.filter { $0.name == name } }

    /// Nil when the bytes are not one XML document.
    static func parse(_ bytes: [UInt8]) -> XMLTree? {
        guard !bytes.isEmpty else { return nil }
        let parser = XMLParser(data: Data(bytes))
        let builder = Builder()
        parser.delegate = builder
        return parser.parse() ? builder.root.children.first : nil
    }

    private final class Builder: NSObject, XMLParserDelegate {
        let root = XMLTree("")
        private lazy var stack = [root]

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            let element = XMLTree(name)
            stack.last?.children.append(element)
            stack.append(element)
        }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            stack.removeLast()
        }

        func parser(_ parser: XMLParser, foundCharacters text: String) { stack.last?.text += text }
    }
}
