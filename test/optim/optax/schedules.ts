/** @file Schedules as the golden files write them: optax's name and arguments. */
import * as optim from "../../../lib/optim/index.js";

export interface ScheduleGolden {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

type Args = Readonly<Record<string, number>>;

/** The names of settings here, in camelCase. */
export const camel = (name: string): string => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const camelArgs = <T>(args: Readonly<Record<string, unknown>>): T =>
  Object.fromEntries(Object.entries(args).map(([name, value]) => [camel(name), value])) as T;

const piecesOf = (args: Readonly<Record<string, unknown>>): Record<string, number> =>
  ({ ...(args.boundaries_and_scales as object) }) as Record<string, number>;

const SCHEDULES: Readonly<Record<string, (args: Readonly<Record<string, unknown>>) => optim.Schedule>> = {
  constant_schedule: (args) => optim.constantSchedule(args.value as number),
  linear_schedule: (args) => {
    const { init_value, end_value, transition_steps, transition_begin = 0 } = args as Args;
    return optim.linearSchedule(init_value, end_value, transition_steps, { transitionBegin: transition_begin });
  },
  polynomial_schedule: (args) => {
    const { init_value, end_value, power, transition_steps, transition_begin } = args as Args;
    const options = { transitionBegin: transition_begin };
    return optim.polynomialSchedule(init_value, end_value, power, transition_steps, options);
  },
  exponential_decay: ({ init_value, transition_steps, decay_rate, ...options }) =>
    optim.exponentialDecay(
      init_value as number,
      transition_steps as number,
      decay_rate as number,
      camelArgs<Parameters<typeof optim.exponentialDecay>[3]>(options),
    ),
  cosine_decay_schedule: ({ init_value, decay_steps, ...options }) =>
    optim.cosineDecaySchedule(init_value as number, decay_steps as number, options),
  piecewise_constant_schedule: (args) => optim.piecewiseConstantSchedule(args.init_value as number, piecesOf(args)),
  piecewise_interpolate_schedule: (args) =>
    optim.piecewiseInterpolateSchedule(
      args.interpolate_type as "linear" | "cosine",
      args.init_value as number,
      piecesOf(args),
    ),
  cosine_onecycle_schedule: ({ transition_steps, peak_value, ...options }) =>
    optim.cosineOnecycleSchedule(transition_steps as number, peak_value as number, camelArgs(options)),
  linear_onecycle_schedule: ({ transition_steps, peak_value, ...options }) =>
    optim.linearOnecycleSchedule(transition_steps as number, peak_value as number, camelArgs(options)),
  warmup_constant_schedule: (args) => optim.warmupConstantSchedule(camelArgs(args)),
  warmup_cosine_decay_schedule: (args) => optim.warmupCosineDecaySchedule(camelArgs(args)),
  warmup_exponential_decay_schedule: (args) => optim.warmupExponentialDecaySchedule(camelArgs(args)),
  sgdr_schedule: ({ cosine_kwargs }) =>
    optim.sgdrSchedule((cosine_kwargs as Args[]).map((cycle) => camelArgs({ ...cycle }))),
  join_schedules: ({ schedules, boundaries }) =>
    optim.joinSchedules((schedules as ScheduleGolden[]).map(scheduleOf), [...(boundaries as number[])]),
};

export const scheduleOf = ({ name, args }: ScheduleGolden): optim.Schedule => SCHEDULES[name]({ ...args });
