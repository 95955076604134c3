import type { Kind } from '../core/api/object.ts'
import type { Problem } from '../core/api/problem.ts'
import type { Profile, ProxyMode } from '../core/cluster/config.ts'
import type { Setting, Settings } from '../core/cluster/setting.ts'
import type { Cloud } from '../core/cluster/site.ts'
import type { Choice } from '../core/base/choose.ts'
import type { Severity } from '../core/findings/finding.ts'
import type { Conversation, Outcome } from '../core/sim/conversation.ts'
import type { Program } from '../core/walk/listing.ts'
import type { Disposition } from '../core/walk/trace.ts'
import type { IpFamily } from '../core/net/ip.ts'
import type { Protocol } from '../core/net/packet.ts'
import type { ScenePatch } from '../scene/patch.ts'
import type { Pins } from '../scene/pins.ts'
import type { Point, Scene } from '../scene/scene.ts'
import type { Description } from './protocol/description.ts'
import type { FindingsFound, FoundWrong, MarksFound, ServiceReport } from './protocol/findings.ts'
import type { ProgramBoard, ProgramChanges, ProgramFound, ProgramReport } from './protocol/programs.ts'
import type { Because, Listing, ModeCost, TableKind, TableRows } from './protocol/tables.ts'

/**
 * Everything that crosses between the page and the worker that owns the cluster. Plain data and typed arrays only; every question carries an
 * `id` that its answer repeats, so answers may come in any order.
 */
export type Request = { readonly id: number } & Ask
export type Response = { readonly id: number } & (
  | { readonly ok: true; readonly answer: Parcel }
  | { readonly ok: false; readonly error: string }
  | { readonly part: Reading | { readonly kind: 'prelude'; readonly parcel: Parcel } }
)

/** What comes before an answer. `reading`: characters of manifests, so far and in all. `prelude`: a project as far as its first packet. */
export type Part = Reading | { readonly kind: 'prelude'; readonly opened: Opened }

export interface Reading {
  readonly kind: 'reading'
  readonly done: number
  readonly total: number
}

/** What a person did to the cluster. A list of intents is a whole project: replaying it gives the same cluster and the same packets again. */
export type Intent =
  | { readonly kind: 'start'; readonly options: StartOptions }
  /** `ground`: what a project begins with, which is not undone. */
  | { readonly kind: 'apply'; readonly files: readonly ManifestFile[]; readonly ground?: true }
  | { readonly kind: 'send'; readonly order: SendOrder }
  | ChangeIntent

/** Changes of the cluster that are neither its beginning nor packets. They are questions as well. */
export type ChangeIntent =
  /** All or nothing, and one thing to undo. */
  | { readonly kind: 'edit'; readonly edits: readonly PageEdit[] }
  /** The cluster as it was before the last change; packets stay sent and what they left behind stays too. */
  | { readonly kind: 'undo' }
  | { readonly kind: 'redo' }
  /** The cluster as it was after a step of the history, in whatever branch; 0 is the beginning. */
  | { readonly kind: 'goto'; readonly step: number }

export type PageEdit = ClusterEdit | PinEdit

/** Puts machines somewhere on the map: top left corners in world units, by id. Without a place a machine goes back to where it stood. */
export interface PinEdit {
  readonly op: 'pin'
  /** What a person took hold of. */
  readonly object: string
  readonly places: readonly { readonly id: string; readonly at?: Point }[]
}

/** `object` is an id of the tree. */
export type ClusterEdit =
  /** `instead`: an earlier version of the files, whose objects go when the new one no longer has them (kubectl's --prune). */
  | { readonly op: 'apply'; readonly files: readonly ManifestFile[]; readonly instead?: readonly ManifestFile[] }
  | { readonly op: 'delete'; readonly object: string }
  | { readonly op: 'scale'; readonly object: string; readonly replicas: number }
  | { readonly op: 'cordon'; readonly object: string; readonly on: boolean }
  | { readonly op: 'move'; readonly object: string; readonly node: string }
  /** One field of an object; without a value it goes. Items of lists by their number. */
  | { readonly op: 'set'; readonly object: string; readonly path: FieldPath; readonly value?: string | number | boolean }
  /** Another way to run the cluster itself. */
  | { readonly op: 'configure'; readonly setting: Setting }

export type FieldPath = readonly (string | number)[]

export interface StartOptions {
  readonly profile: Profile
  readonly backend: 'vxlan' | 'host-gw'
  /** Nodes made when the manifests hold none. */
  readonly nodes: number
  readonly seed: number
  /** kube-proxy's; absent: iptables. */
  readonly mode?: ProxyMode
  /** Absent: what the installer brings along. */
  readonly loadBalancer?: Settings['loadBalancer']
  /** The primary one first; absent: IPv4 alone. */
  readonly ipFamilies?: readonly IpFamily[]
  /** Whose network the world outside is, with its balancers; absent: a small office. */
  readonly cloud?: Cloud
}

export interface ManifestFile {
  readonly name: string
  readonly text: string
}

/**
 * `from` is `pod/NS/NAME`, `node/NAME` or `external/NAME`; `to` is `IP:PORT`, `IP` or `svc.ns:port`, which is one packet and its answer, or `http://svc.ns/path`
 * or a whole command line of curl, which is a journey.
 */
export interface SendOrder {
  readonly from: string
  readonly to: string
  readonly protocol: Exclude<Protocol, 'sctp'>
  /** Absent: drawn from the simulation's own seed. */
  readonly seed?: number
  /** Which branches to take where chance decides, in order; what the list does not say is drawn. */
  readonly picks?: readonly number[]
  readonly options?: SendOptions
}

/** What a program says of a packet itself; absent: what programs usually do. */
export interface SendOptions {
  readonly sourcePort?: number
  /** Bytes of a datagram or of a ping. */
  readonly payload?: number
  readonly ttl?: number
  readonly dontFragment?: boolean
  /** Of journeys: options of curl as they are typed. */
  readonly curl?: string
}

export type Ask =
  /** Forget everything and do these intents in order. */
  | { readonly kind: 'open'; readonly intents: readonly Intent[] }
  /** Add to the cluster, all or nothing. */
  | { readonly kind: 'apply'; readonly files: readonly ManifestFile[] }
  | { readonly kind: 'send'; readonly order: SendOrder }
  /** Objects of one group of the tree, in order; `limit` at most. */
  | { readonly kind: 'list'; readonly group: string; readonly offset: number; readonly limit: number }
  /** Objects anywhere whose id or address holds every word of the text. */
  | { readonly kind: 'find'; readonly text: string; readonly limit: number }
  /** All objects as they are, as a file that gives the same cluster again. */
  | { readonly kind: 'manifests' }
  | { readonly kind: 'describe'; readonly target: string }
  /** What people get wrong in this cluster; subjects, kinds and values hold every word of `find`. */
  | { readonly kind: 'findings'; readonly find: string; readonly severity?: Severity; readonly limit: number }
  /** Those that an object has, and those that it has part in. */
  | { readonly kind: 'findings-of'; readonly target: string }
  /** Where findings stand on map and tree. */
  | { readonly kind: 'marks' }
  /** All that a Service is at this moment. */
  | { readonly kind: 'service'; readonly target: string }
  /** Who decides where requests go: pods and hosts with a controller or its proxy. */
  | { readonly kind: 'programs' }
  /** All that such a program has read and written. */
  | { readonly kind: 'program'; readonly target: string }
  /** The same as the map shows it: at most `limit` rows of a kind. */
  | { readonly kind: 'program-board'; readonly target: string; readonly limit: number }
  /** What edits would do to the programs' configurations, or what a step of the history did; 0 is the one that the cluster is as after. */
  | { readonly kind: 'program-changes'; readonly of: { readonly edits: readonly PageEdit[] } | { readonly step: number } }
  | {
      readonly kind: 'complete'
      readonly field: 'from' | 'to'
      readonly text: string
      readonly protocol: SendOrder['protocol']
      readonly limit: number
    }
  /** The rules that exist because of an object. */
  | { readonly kind: 'because'; readonly target: string }
  /** What a network namespace looks things up in, as it is now. `target` is an id of the tree or the namespace's own name; rows hold every word of `find`. */
  | { readonly kind: 'table'; readonly target: string; readonly table: TableKind; readonly find: string; readonly limit: number }
  /** What a program prints on a machine, lines from `offset`; of a program that has nothing there, the first that has. */
  | {
      readonly kind: 'listing'
      readonly target: string
      readonly program: Program
      readonly find: string
      readonly offset: number
      readonly limit: number
    }
  /** Every way that chance could take this request. */
  | { readonly kind: 'paths'; readonly order: SendOrder; readonly limit: number }
  /** A request once more under other circumstances; `picks` are the branches that were taken. */
  | { readonly kind: 'what-if'; readonly order: SendOrder; readonly picks: readonly number[]; readonly instead: WhatIf }
  /** What a mode of kube-proxy costs at this cluster's size. */
  | { readonly kind: 'mode-cost'; readonly mode: ProxyMode }
  | ChangeIntent
  | { readonly kind: 'history' }
  /** What these edits would do, without doing them. */
  | { readonly kind: 'check'; readonly edits: readonly PageEdit[] }
  /** An object as a person would write it. */
  | { readonly kind: 'manifest'; readonly target: string }
  /** What a person may do with an object. */
  | { readonly kind: 'possible'; readonly target: string }
  /** What may stand at a place of a manifest of this kind. */
  | { readonly kind: 'fields'; readonly of: string; readonly path: readonly string[] }

export interface Answers {
  readonly open: Opened
  readonly apply: Applied
  readonly send: Sent
  readonly list: readonly TreeItem[]
  readonly find: readonly TreeItem[]
  readonly manifests: string
  readonly describe: Description | undefined
  readonly findings: FindingsFound
  readonly 'findings-of': readonly FoundWrong[]
  readonly marks: MarksFound
  readonly service: ServiceReport | undefined
  readonly programs: readonly ProgramFound[]
  readonly program: ProgramReport | undefined
  readonly 'program-board': ProgramBoard | undefined
  readonly 'program-changes': ProgramChanges
  readonly complete: readonly Completion[]
  readonly paths: PathsFound
  readonly because: Because | undefined
  readonly 'what-if': WhatIfFound
  readonly 'mode-cost': ModeCost | undefined
  readonly table: TableRows | undefined
  readonly listing: Listing | undefined
  readonly edit: Edited
  readonly undo: Edited
  readonly redo: Edited
  readonly goto: Edited
  readonly history: History
  readonly check: Checked
  readonly manifest: ManifestFile | undefined
  readonly possible: Possible | undefined
  readonly fields: Fields
}
export type Answer = Answers[keyof Answers]
/** An answer as it travels: instead of a scene it may hold what became of the one that went before it. */
export type Parcel = Answer | { readonly patch: ScenePatch }
export type AnswerTo<A extends Ask> = Answers[A['kind']]

/** The cluster as the page needs it at once; everything else is asked for. */
export interface View {
  /** Before anybody moved anything on it. */
  readonly scene: Scene
  /** What a person moved. */
  readonly pins: Pins
  readonly groups: readonly TreeGroup[]
  readonly settings: Settings
  readonly totals: { readonly nodes: number; readonly pods: number; readonly services: number }
}

export interface Opened extends View {
  readonly problems: readonly Problem[]
  readonly sent: readonly SentRecord[]
  /** Positions in the intents that could not be done again (their problems are in `problems`). */
  readonly failed: readonly number[]
}

export type Applied =
  | ({ readonly accepted: true; readonly problems: readonly Problem[]; readonly changes: readonly AppliedChange[] } & View)
  /** The cluster is as it was. */
  | { readonly accepted: false; readonly problems: readonly Problem[] }

export interface AppliedChange {
  readonly object: string
  readonly op: 'created' | 'configured' | 'unchanged'
}

export type Sent = { readonly sent: true; readonly record: SentRecord } | { readonly sent: false; readonly problem: Problem }

/** A conversation with the names that its addresses and namespaces have at this moment. */
export interface SentRecord {
  readonly order: SendOrder
  readonly conversation: Conversation
  readonly places: Readonly<Record<string, Place>>
  /** Address to its owner: `10.244.1.5` to `pod/default/web-1`. */
  readonly owners: Readonly<Record<string, string>>
}

export type WhatIf =
  /** The last change of the cluster not made. */
  | { readonly kind: 'before' }
  | { readonly kind: 'backend'; readonly backend: StartOptions['backend'] }
  /** Every kube-proxy in this mode; by chance to this end, where that can be: `10.244.1.5:8080`. */
  | { readonly kind: 'mode'; readonly mode: ProxyMode; readonly end?: string }
  /** Another end than this one: `10.244.1.5:8080`. */
  | { readonly kind: 'endpoint'; readonly not: string }

export type WhatIfFound =
  | { readonly found: true; readonly record: SentRecord }
  | { readonly found: false; readonly why: 'no-change' | 'no-endpoint' | 'refused'; readonly problem?: Problem }

/** `complete`: the probabilities sum to 1. */
export type PathsFound =
  | { readonly found: true; readonly complete: boolean; readonly paths: readonly PathFound[] }
  | { readonly found: false; readonly problem: Problem }

export interface PathFound {
  readonly forks: readonly Fork[]
  readonly probability: number
  readonly outcome: Outcome
  /** Where the request's first packet ended, and the address that it had there: `10.244.1.5:8080`, empty when it did not arrive. */
  readonly disposition?: Disposition['kind']
  readonly place?: Place
  readonly address: string
  /** Places on its way, as a person calls them. */
  readonly passes: readonly string[]
}

/** One decision of chance: why it was asked, and the branch taken. */
export type Fork = Choice

/** A network namespace as a person knows it. */
export interface Place {
  /** Scene id: `node/node-1`, `pod/default/web-1`, `external/client`. */
  readonly id: string
  readonly label: string
  readonly kind: 'node' | 'pod' | 'external'
}

/** `id` is `namespace/Kind` (`/Node` for cluster-scoped kinds). */
export interface TreeGroup {
  readonly id: string
  readonly namespace: string
  readonly kind: Kind | 'External'
  readonly count: number
}

export interface TreeItem {
  /** `pod/default/web-1`, `node/node-1`, `service/default/web`, `external/client`: kind in lower case, then namespace and name. */
  readonly id: string
  readonly name: string
  readonly detail: string
  readonly state: 'ready' | 'not-ready' | 'pending' | 'terminating' | 'none'
}

export interface Completion {
  readonly value: string
  readonly detail: string
  readonly kind: 'pod' | 'service' | 'node' | 'external' | 'address'
}

export type { Problem, Program, Setting, Settings }
export type { Description, Fact, FactLabel, Relation } from './protocol/description.ts'
export type { Because, BecauseRule, Listing, ModeCost, TableKind, TableRow, TableRows } from './protocol/tables.ts'

/** One thing done to the cluster, as a list of them names it: `what` is a file or the name of an object, `others` how many more there were. */
export interface Deed {
  readonly kind:
    | 'apply'
    | 'delete'
    | 'scale'
    | 'move'
    | 'set'
    | 'unset'
    | 'cordon'
    | 'uncordon'
    | 'pin'
    | 'pinGroup'
    | 'unpin'
    | 'mode'
    | 'nodeMode'
    | 'nodeModeBack'
    | 'setting'
  readonly what: string
  readonly others: number
  /** Replicas, a node, a field (with its value), a mode or other setting, or how many machines were moved along. */
  readonly to?: string
}

/** Latest first. */
export interface History {
  readonly past: readonly Deed[]
  readonly undone: readonly Deed[]
  /** The step that the cluster is as after; 0 before all. */
  readonly at: number
  /** Every step of every branch, in order of time. */
  readonly steps: readonly DoneStep[]
  /** Those of `steps` that redo would do, next first. */
  readonly ahead: readonly number[]
}

/** `parent` is the step that it was made upon, or 0. */
export interface DoneStep {
  readonly id: number
  readonly parent: number
  readonly deed: Deed
}

export interface Checked {
  readonly problems: readonly Problem[]
  /** Objects that differ afterwards, also those that controllers make or remove; of very many only the first. */
  readonly changes: readonly ObjectEdit[]
  readonly total: number
}

/** `object` is `Kind/namespace/name`. */
export interface ObjectEdit {
  readonly object: string
  readonly op: 'created' | 'configured' | 'deleted'
}

export type Edited =
  | ({ readonly accepted: true; readonly deed: Deed } & Checked & View)
  /** The cluster is as it was; without problems there was nothing to undo. */
  | { readonly accepted: false; readonly problems: readonly Problem[] }

export interface Fields {
  readonly kinds: readonly { readonly kind: string; readonly apiVersion: string }[]
  readonly fields: readonly Field[]
  readonly values: readonly string[]
}

export interface Field {
  readonly name: string
  /** The struct that it is a field of: `ServiceSpec`. */
  readonly of: string
  readonly type: 'string' | 'integer' | 'boolean' | 'intOrString' | 'opaque' | 'map' | 'list' | 'object'
  /** Of lists. */
  readonly items?: Field['type']
  readonly required: boolean
  readonly values?: readonly string[]
}

/** What is absent cannot be done. */
export interface Possible {
  readonly id: string
  readonly kind: string
  readonly name: string
  readonly sends: boolean
  readonly address?: string
  readonly replicas?: number
  readonly cordoned?: boolean
  /** Of a node: how its kube-proxy runs, and whether that is its own choice. */
  readonly proxy?: { readonly mode: ProxyMode; readonly own: boolean }
  /** The node that a pod runs on. */
  readonly on?: string
  /** Where a pod may go, the first of many. */
  readonly nodes?: readonly string[]
  readonly editable: boolean
}
