package dev.partyline.handler;

import jakarta.json.bind.adapter.JsonbAdapter;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Calendar;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.List;

/**
 * Has JSON-B write times of the types that it writes with the name of a zone as one of the types that it writes without: {@code 2024-11-06T16:16:15.168Z[UTC]} is no date to JavaScript.
 *
 * <p>Adapters, since JSON-B applies {@code @JsonbDateFormat} to what an adapter makes, and ignores it where there is a serializer. A subclass has an adapter of its own, because what is
 * read must be of that class.
 */
final class IsoDates {

    private IsoDates() {
    }

    static JsonbAdapter<?, ?>[] adapters() {
        List<JsonbAdapter<?, ?>> adapters = new ArrayList<>(List.of(new Dates(), new Calendars(), new GregorianCalendars(), new ZonedTimes()));
        try {
            adapters.add(new Timestamps());
            adapters.add(new SqlDates());
        } catch (LinkageError e) {
            // A Java runtime without the module java.sql.
        }
        return adapters.toArray(JsonbAdapter[]::new);
    }

    private static final class Dates implements JsonbAdapter<Date, Instant> {

        @Override
        public Instant adaptToJson(Date date) {
            return Instant.ofEpochMilli(date.getTime());
        }

        @Override
        public Date adaptFromJson(Instant instant) {
            return Date.from(instant);
        }
    }

    private static final class Timestamps implements JsonbAdapter<Timestamp, Instant> {

        @Override
        public Instant adaptToJson(Timestamp timestamp) {
            return timestamp.toInstant();
        }

        @Override
        public Timestamp adaptFromJson(Instant instant) {
            return Timestamp.from(instant);
        }
    }

    /** A day, which has no time. */
    private static final class SqlDates implements JsonbAdapter<java.sql.Date, LocalDate> {

        @Override
        public LocalDate adaptToJson(java.sql.Date date) {
            return date.toLocalDate();
        }

        @Override
        public java.sql.Date adaptFromJson(LocalDate date) {
            return java.sql.Date.valueOf(date);
        }
    }

    private static final class Calendars implements JsonbAdapter<Calendar, OffsetDateTime> {

        @Override
        public OffsetDateTime adaptToJson(Calendar calendar) {
            return calendar.toInstant().atZone(calendar.getTimeZone().toZoneId()).toOffsetDateTime();
        }

        @Override
        public Calendar adaptFromJson(OffsetDateTime time) {
            return GregorianCalendar.from(time.toZonedDateTime());
        }
    }

    private static final class GregorianCalendars implements JsonbAdapter<GregorianCalendar, OffsetDateTime> {

        @Override
        public OffsetDateTime adaptToJson(GregorianCalendar calendar) {
            return calendar.toZonedDateTime().toOffsetDateTime();
        }

        @Override
        public GregorianCalendar adaptFromJson(OffsetDateTime time) {
            return GregorianCalendar.from(time.toZonedDateTime());
        }
    }

    private static final class ZonedTimes implements JsonbAdapter<ZonedDateTime, OffsetDateTime> {

        @Override
        public OffsetDateTime adaptToJson(ZonedDateTime time) {
            return time.toOffsetDateTime();
        }

        @Override
        public ZonedDateTime adaptFromJson(OffsetDateTime time) {
            return time.toZonedDateTime();
        }
    }
}
