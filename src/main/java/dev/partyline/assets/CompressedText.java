package dev.partyline.assets;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * A text as it is and compressed by gzip, which is done once, at the highest level. Each of the two has an ETag of its own (RFC 9110, section 8.8.3.3).
 */
final class CompressedText {

    private final byte[] plain;
    private final byte[] gzip;
    private final String tag;
    private final String gzipTag;

    CompressedText(byte[] text) {
        plain = text;
        gzip = gzip(text);
        CRC32 sum = new CRC32();
        sum.update(text);
        tag = "\"" + Long.toHexString(sum.getValue()) + "-" + Long.toHexString(text.length) + "\"";
        gzipTag = tag.substring(0, tag.length() - 1) + "-gzip\"";
    }

    private static byte[] gzip(byte[] text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new SmallestGzip(bytes)) {
            out.write(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    byte[] bytes(boolean compressed) {
        return compressed ? gzip : plain;
    }

    String tag(boolean compressed) {
        return compressed ? gzipTag : tag;
    }

    /**
     * Whether a client takes gzip (RFC 9110, section 12.5.3).
     *
     * @param accepted the header Accept-Encoding; null if there is none
     */
    static boolean isAccepted(String accepted) {
        boolean any = false;
        for (String part : accepted == null ? new String[0] : accepted.toLowerCase(Locale.ROOT).split(",")) {
            String[] coding = part.split(";", 2);
            boolean refused = coding.length == 2 && coding[1].strip().matches("q\\s*=\\s*0(\\.0*)?");
            switch (coding[0].strip()) {
                case "gzip", "x-gzip" -> {
                    return !refused;
                }
                case "*" -> any = !refused;
                default -> {
                    // Another coding.
                }
            }
        }
        return any;
    }

    private static final class SmallestGzip extends GZIPOutputStream {

        private SmallestGzip(OutputStream out) throws IOException {
            super(out);
            def.setLevel(Deflater.BEST_COMPRESSION);
        }
    }
}
