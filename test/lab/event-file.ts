/**
 * @file An event file as TensorBoard's own writer makes it, made once with the package tensorboard 2.21.0:
 *
 *     from tensorboard.compat.proto.event_pb2 import Event, SessionLog
 *     from tensorboard.compat.proto.summary_pb2 import Summary
 *     from tensorboard.summary.writer.record_writer import RecordWriter
 *
 *     T, start, writer = 1700000000.25, SessionLog(status=SessionLog.START), RecordWriter(out)
 *     writer.write(Event(wall_time=T, file_version="brain.Event:2").SerializeToString())
 *     writer.write(Event(wall_time=T, session_log=start).SerializeToString())
 *     writer.write(Event(wall_time=T, step=200, session_log=start).SerializeToString())
 *     for i, (step, scalars) in enumerate(SCALARS):
 *         values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
 *         writer.write(Event(wall_time=T + i + 1, step=step, summary=Summary(value=values)).SerializeToString())
 */

/** When the first records are from, in seconds; that of each later one is a second later. */
export const WALL_TIME = 1700000000.25;

/** The steps of the records behind the first three, and their scalars. */
export const SCALARS: readonly (readonly [step: number, scalars: Readonly<Record<string, number>>])[] = [
  [0, { loss: 1.5 }],
  [1, { loss: 0.1, learning_rate: 0.3 }],
  [200, { "eval/accuracy": 0, "Verlust \u00e4\u{1f600}": -2.5e-8 }],
  [2 ** 31, { loss: NaN, grad_norm: Infinity }],
  [2 ** 40 + 1, { ["long ".repeat(40)]: 1e38, "-": -Infinity }],
];

const BASE64 = [
  "GAAAAAAAAACjf0siCQAAEED8VNlBGg1icmFpbi5FdmVudDoyM40v6Q0AAAAAAAAAPDe4NAkAABBA/FTZQToCCAGMjlTNEAAAAAAA",
  "AACV+/4YCQAAEED8VNlBEMgBOgIIAdadUn0YAAAAAAAAAKN/SyIJAABQQPxU2UEqDQoLCgRsb3NzFQAAwD/fiKCnMAAAAAAAAACV",
  "9dBfCQAAkED8VNlBEAEqIwoLCgRsb3NzFc3MzD0KFAoNbGVhcm5pbmdfcmF0ZRWamZk+TlhJPDsAAAAAAAAAGiOsXAkAANBA/FTZ",
  "QRDIASotChQKDWV2YWwvYWNjdXJhY3kVAAAAAAoVCg5WZXJsdXN0IMOk8J+YgBWVv9ayDgUVDTAAAAAAAAAAlfXQXwkAABBB/FTZ",
  "QRCAgICACCofCgsKBGxvc3MVAADAfwoQCglncmFkX25vcm0VAACAf29SPWfwAAAAAAAAAJdBZaoJAABQQfxU2UEQgYCAgIAgKt0B",
  "CtABCsgBbG9uZyBsb25nIGxvbmcgbG9uZyBsb25nIGxvbmcgbG9uZyBsb25nIGxvbmcgbG9uZyBsb25nIGxvbmcgbG9uZyBsb25n",
  "IGxvbmcgbG9uZyBsb25nIGxvbmcgbG9uZyBsb25nIGxvbmcgbG9uZyBsb25nIGxvbmcgbG9uZyBsb25nIGxvbmcgbG9uZyBsb25n",
  "IGxvbmcgbG9uZyBsb25nIGxvbmcgbG9uZyBsb25nIGxvbmcgbG9uZyBsb25nIGxvbmcgbG9uZyAVmXaWfgoICgEtFQAAgP8pu03f",
].join("");

/** The bytes of the file. */
export const EVENT_FILE: Uint8Array = Uint8Array.from(Buffer.from(BASE64, "base64"));
