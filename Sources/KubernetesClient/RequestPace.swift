/// How a task's requests are held back.
public enum RequestPace: Sendable {
    /// By the client's rate: what loops of controllers do without end must not wear the API server out.
    case steady
    /// By nothing but how many the task has under way. For work of thousands of requests that people wait for and that ends.
    /// A server that has too much of it says so with 429 and when to come again, which is kept to (API priority and fairness).
    case bulk

    @TaskLocal public static var current = RequestPace.steady
}
