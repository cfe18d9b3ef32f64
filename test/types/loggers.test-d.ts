// The loggers people have are loggers as they are.
import pino from 'pino';
import winston from 'winston';
import { silentLogger, Simple, type Logger } from 'plugboard';

const builder = Simple<string, string>();

builder.withLogger(console);
builder.withLogger(pino());
builder.withLogger(pino().child({ service: 'mail' }));
builder.withLogger(pino<'audit'>({ customLevels: { audit: 35 } }));
builder.withLogger(winston.createLogger());
builder.withLogger(winston.createLogger().child({ service: 'mail' }));
builder.withLogger(silentLogger);

const own: Logger = {
  debug() {},
  info: (message) => process.stdout.write(message),
  warn(message, fields) {
    process.stdout.write(`${message} ${JSON.stringify(fields)}`);
  },
  error() {},
};
builder.withLogger(own);

// @ts-expect-error a logger has all four levels
builder.withLogger({ info() {} });
// @ts-expect-error a message is text
own.info({ user: 'ada' });
