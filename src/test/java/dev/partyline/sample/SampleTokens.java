package dev.partyline.sample;

import dev.partyline.handler.TokenVerifier;
import java.time.Instant;
import java.util.Optional;

/** {@code good:USER} is that user's token for ever, {@code good:USER:MILLIS} until then, and all others are none. */
final class SampleTokens implements TokenVerifier {

    @Override
    public Optional<Identity> verify(String token) {
        if (token.equals("broken")) {
            throw new IllegalStateException("the verifier's database is away");
        }
        String[] parts = token.split(":");
        if (!parts[0].equals("good") || parts.length < 2) {
            return Optional.empty();
        }
        Optional<Instant> expires = parts.length > 2 ? Optional.of(Instant.ofEpochMilli(Long.parseLong(parts[2]))) : Optional.empty();
        return expires.filter(Instant.now()::isAfter).isPresent() ? Optional.empty() : Optional.of(new Identity(parts[1], expires));
    }
}
