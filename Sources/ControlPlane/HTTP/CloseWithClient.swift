import NIOCore

/// Closes a connection when its client has closed its side.
///
/// Without it, a watch whose client was killed would stay until its next write, which may be an hour off: the server allows
/// half-closed connections. Over TLS nobody sends a request and then closes the sending side alone.
final class CloseWithClient: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny
    typealias InboundOut = NIOAny

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}
