package dev.partyline.http;

import jakarta.servlet.http.HttpServletResponse;

/** An error of the HTTP API: status, code for programs, message for people. */
final class ApiException extends Exception {

    private static final long serialVersionUID = 1;

    private final int status;
    private final String code;

    ApiException(int status, String code, String message) {
        super(message, null, false, false);
        this.status = status;
        this.code = code;
    }

    static ApiException badRequest(String code, String message) {
        return new ApiException(HttpServletResponse.SC_BAD_REQUEST, code, message);
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }
}
