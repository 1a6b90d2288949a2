/**
 * main.d.ts says what the code does: everything the code has must fit what is declared, or `tsc` fails.
 */
import type * as declared from '../../main/webapp/main.js';
import * as code from '../../main/webapp/partyline/tab/connect.js';
import { LineError } from '../../main/webapp/partyline/shared/errors.js';

/** Fails to compile where the code does not fit the declaration. */
function fits<Declared>(_code: Declared): void {}

fits<(options?: declared.ConnectOptions) => Pick<declared.Line, keyof declared.Line>>((options) =>
  code.connectWith({} as code.Files, options),
);
fits<new (code: string, message: string, options?: { retryable?: boolean; cause?: unknown }) => declared.LineError>(LineError);

/** And the other way round: every option of the code is declared, and nothing declared is missing in the code. */
type CodeOptions = NonNullable<Parameters<typeof code.connectWith>[1]>;
fits<Record<keyof CodeOptions, unknown>>({} as Required<declared.ConnectOptions>);
fits<Record<keyof declared.ConnectOptions, unknown>>({} as Required<CodeOptions>);
fits<Record<keyof declared.Status, unknown>>({} as Required<ReturnType<typeof code.connectWith>['status']>);
