package shop;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Service;

/** Stands for what an application has. */
@Service
public class Files {

    private final Set<String> names = ConcurrentHashMap.newKeySet();

    Files() {
        names.addAll(Set.of("a.txt", "b.txt", "c.txt"));
    }

    /** Returns how many are left. */
    int delete(String name) {
        names.remove(name);
        return names.size();
    }
}
