package dev.partyline.browser;

import java.util.Map;
import java.util.TreeMap;

import com.google.gson.JsonObject;

/** What a shared worker of a Chromium holds in memory, after a collection. Pages cannot see it; the developer tools can. */
final class WorkerHeap implements AutoCloseable {

    private static final String OURS = "counted";
    private static final String COUNT = """
        function () {
          const counts = {};
          const count = (what, more) => { counts[what] = (counts[what] ?? 0) + more; };
          // The build shortens the names of classes, and not those of members.
          const nameOf = (one) => Object.keys(one).join() === 'offset,text' ? 'Entry' : String(one.constructor?.name);
          for (const one of this) {
            const type = nameOf(one);
            count(type, 1);
            if (one instanceof Map || one instanceof Set) count(`in ${type}`, one.size);
            if (Array.isArray(one)) count(`in ${type}`, one.length);
          }
          return counts;
        }
        """;

    private final DevTools worker;

    /** @param worker a conversation with the worker itself */
    WorkerHeap(DevTools worker) {
        this.worker = worker;
    }

    /**
     * How many objects of each class can be reached, and how many things are {@code in Map}, {@code in Set} and {@code in Array},
     * all of them taken together. These are exact, where bytes move with what the engine keeps for itself.
     */
    Map<String, Integer> counts() {
        collect();
        try {
            String everything = id(worker.ask("Runtime.evaluate", Map.of("expression", "Object.prototype", "objectGroup", OURS)).getAsJsonObject("result"));
            String found = id(worker.ask("Runtime.queryObjects", Map.of("prototypeObjectId", everything, "objectGroup", OURS)).getAsJsonObject("objects"));
            JsonObject told = worker.ask("Runtime.callFunctionOn", Map.of("objectId", found, "functionDeclaration", COUNT, "returnByValue", true))
                .getAsJsonObject("result").getAsJsonObject("value");
            Map<String, Integer> counts = new TreeMap<>();
            told.keySet().forEach(what -> counts.put(what, told.get(what).getAsInt()));
            return counts;
        } finally {
            worker.ask("Runtime.releaseObjectGroup", Map.of("objectGroup", OURS));
        }
    }

    /** Scripts' objects and texts, and what the browser keeps for them. */
    long bytes() {
        collect();
        JsonObject usage = worker.ask("Runtime.getHeapUsage", Map.of());
        return usage.get("usedSize").getAsLong() + usage.get("embedderHeapUsedSize").getAsLong();
    }

    @Override
    public void close() {
        worker.close();
    }

    private void collect() {
        worker.ask("HeapProfiler.collectGarbage", Map.of());
    }

    private static String id(JsonObject remote) {
        return remote.get("objectId").getAsString();
    }
}
