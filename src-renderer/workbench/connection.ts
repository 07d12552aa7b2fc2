import type { InjectionKey } from 'vue'
import type { Connection } from '../client/connection'

/** The window's connection, for whoever shows its state. Absent in tests and the gallery. */
export const connectionKey: InjectionKey<Connection> = Symbol('connection')
