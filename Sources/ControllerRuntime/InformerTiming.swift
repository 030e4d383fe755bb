/// How long an informer waits for what. The defaults are the reference; tests are quicker.
struct InformerTiming: Sendable {
    /// Nothing, not even a bookmark, for so long: the connection is dead, whatever TCP thinks.
    var silence = Duration.seconds(90)
    /// A streaming list that has not ended by then is given up: some proxies and servers never say that it has.
    var streamDeadline = Duration.seconds(60)
    /// Seconds. At random, so that many watches are not renewed together (client-go's range).
    var watchTimeout = 300...600
    /// A watch that ended sooner, with nothing new, counts as failed.
    var shortestWatch = Duration.seconds(1)
    /// So long without trouble makes up for the trouble before.
    var peace = Duration.seconds(120)
    /// Between two attempts, whatever the server asks for.
    var longestWait = Duration.seconds(120)
    /// What waits are multiplied with.
    var pace = 1.0
}
