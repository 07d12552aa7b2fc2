/**
 * Every code a Failure may carry, with the sentence the error page opens with.
 * Each has a page in resources/docs/errors/<CODE>.md; a test compares the two lists and the codes used in the sources.
 */
export const errorCodes = {
  ACTION_UNAVAILABLE: 'this action cannot be done here or now',
  ARGUMENTS_INVALID: 'the arguments of a call do not fit its schema',
  BACKEND_UNAVAILABLE: 'the wanted tensor backend cannot be loaded on this machine',
  CANCELLED: 'the work was cancelled by whoever asked for it',
  CHECKPOINT_NOT_FOUND: 'the run has no checkpoint at that step',
  COMPUTE_DIED: 'the compute process ended while it was working',
  CONNECTION_CLOSED: 'the connection to the main process ended before the answer came',
  EXPERIMENT_NOT_FOUND: 'the project has no ticket experiment with that id',
  FILE_MALFORMED: 'the file is not laid out as its kind should be',
  FILE_UNREADABLE: 'the file cannot be read',
  FRAME_MALFORMED: 'a binary message does not have the promised layout',
  IMPORT_REFUSED: 'the file or tensor is refused, for the reason named',
  INTERNAL: 'something failed that was not expected to fail',
  JOB_NOT_FOUND: 'no job has that id',
  LOSS_NOT_FINITE: 'training stopped because the loss is not a finite number',
  MASK_NOT_FOUND: 'the project has no mask with that id',
  MASK_UNFIT: 'the mask does not fit the arrays it is laid over',
  METHOD_UNKNOWN: 'the called method is not part of the contract',
  MODEL_UNSUITABLE: 'the analysis does not apply to this model',
  PROJECT_DAMAGED: 'the project file is truncated or damaged',
  PROJECT_IN_USE: 'another process has the project open',
  PROJECT_NEWER: 'the project file was written by a newer version',
  PROJECT_NOT_FOUND: 'there is no such project file',
  PROJECT_NOT_OURS: 'the file is not a Grokscope project',
  PROJECT_READ_ONLY: 'the project file or its disk cannot be written',
  PROMPTS_NOT_FOUND: 'the project has no prompt set with that id',
  PROMPTS_UNSUITABLE: 'none of the prompts can be used with this tokenizer',
  RECIPE_UNKNOWN: 'no recipe has that id',
  REPORT_ITEM_NOT_FOUND: 'the report has no such item',
  RUN_NOT_FOUND: 'the project has no run with that id',
  SETTING_INVALID: 'a setting has a value that it does not accept',
  STORAGE_FULL: 'the disk has no room left',
  TOKENIZER_NOT_FOUND: 'the compute process does not hold that tokenizer',
  TOKEN_UNKNOWN: 'the vocabulary has no token for a piece of the text',
} as const

export type ErrorCode = keyof typeof errorCodes
