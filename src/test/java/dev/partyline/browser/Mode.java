package dev.partyline.browser;

/** How the pages of a case reach the server; {@code direct} in a browser that has no shared workers. */
enum Mode {
    SHARED,
    DIRECT;

    /** What the table calls this engine in this mode. */
    String column(String engine) {
        return this == SHARED ? engine : engine + " direct";
    }

    /** The engine, with pages of this mode. */
    Engine of(Engine engine) {
        return this == SHARED ? engine : new DirectEngine(engine);
    }

    /**
     * A browser without shared workers: every page it opens is told to hide them from itself, which {@code spy.js} does.
     * A page without {@code spy.js} has them all the same.
     */
    private record DirectEngine(Engine engine) implements Engine {

        @Override
        public String name() {
            return engine.name();
        }

        @Override
        public String version() {
            return engine.version();
        }

        @Override
        public boolean isAlive() {
            return engine.isAlive();
        }

        @Override
        public Mode mode() {
            return DIRECT;
        }

        @Override
        public Session session() {
            return new DirectSession(engine.session());
        }

        @Override
        public void close() {
            engine.close();
        }

        @Override
        public String toString() {
            return DIRECT.column(engine.name());
        }
    }

    private record DirectSession(Session session) implements Session {

        @Override
        public Tab open(String url) {
            return session.open(url + (url.contains("?") ? "&" : "?") + "without=SharedWorker");
        }

        @Override
        public void offline(boolean offline) {
            session.offline(offline);
        }

        @Override
        public void close() {
            session.close();
        }
    }
}
