package dev.partyline.browser;

/** One page in one tab of a real browser. */
interface Tab {

    /**
     * Calls a JavaScript function in the page and waits for its promise.
     *
     * @param function its source, such as {@code "(a, b) => a + b"}
     * @return what JSON can carry: text, numbers, booleans, lists, maps, null
     */
    Object eval(String function, Object... arguments);

    /** Clicks as a person does, on what this CSS selector finds. */
    void click(String selector);

    void go(String url);

    void reload();

    /** One step back in history; returns at once, since a page from the back-forward cache never loads. */
    default void back() {
        eval("() => { setTimeout(() => history.back(), 0); }");
    }

    void close();

    default String text(String function, Object... arguments) {
        return (String) eval(function, arguments);
    }

    default boolean is(String condition, Object... arguments) {
        return Boolean.TRUE.equals(eval(condition, arguments));
    }

    default int number(String function, Object... arguments) {
        return ((Number) eval(function, arguments)).intValue();
    }
}
