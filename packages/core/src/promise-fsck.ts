import { check as checkTask, type Checked, type CheckOptions } from './fsck/check.js'
import type { RepairPlan } from './fsck/judge.js'
import { repair as repairTask, type Repaired } from './fsck/repair.js'
import { rescue as rescueTask, type Rescued } from './fsck/rescue.js'
import { resolved } from './promised.js'

/** Holds a log and its layers against each other; otherwise the same as `check` of `@varve/core`. */
export const check = (options: CheckOptions): Promise<Checked> => resolved(checkTask(options))

/** Performs a plan of `check`; otherwise the same as `repair` of `@varve/core`. */
export const repair = (plan: RepairPlan, options: CheckOptions): Promise<Repaired> =>
  resolved(repairTask(plan, options))

/** Fills an empty log from the layers that are left; otherwise the same as `rescue` of `@varve/core`. */
export const rescue = (options: CheckOptions): Promise<Rescued> => resolved(rescueTask(options))
