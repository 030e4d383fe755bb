import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// What Hummingbird gives each request, and the connection it came on: a watch must learn that its client has gone.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}
