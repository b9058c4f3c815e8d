package openflow

// The errors, in the order of OVS's list. The zero ErrorCode is no error.
const (
	ErrHelloFailedIncompatible           ErrorCode = 1 + iota // OFPHFC_INCOMPATIBLE
	ErrHelloFailedEperm                                       // OFPHFC_EPERM
	ErrBadRequestBadVersion                                   // OFPBRC_BAD_VERSION
	ErrBadRequestBadType                                      // OFPBRC_BAD_TYPE
	ErrBadRequestBadStat                                      // OFPBRC_BAD_STAT
	ErrBadRequestBadVendor                                    // OFPBRC_BAD_VENDOR
	ErrBadRequestBadSubtype                                   // OFPBRC_BAD_SUBTYPE
	ErrBadRequestEperm                                        // OFPBRC_EPERM
	ErrBadRequestBadLen                                       // OFPBRC_BAD_LEN
	ErrBadRequestBufferEmpty                                  // OFPBRC_BUFFER_EMPTY
	ErrBadRequestBufferUnknown                                // OFPBRC_BUFFER_UNKNOWN
	ErrBadRequestBadTableID                                   // OFPBRC_BAD_TABLE_ID
	ErrBadRequestIsSecondary                                  // OFPBRC_IS_SECONDARY
	ErrBadRequestBadPort                                      // OFPBRC_BAD_PORT
	ErrBadRequestBadPacket                                    // OFPBRC_BAD_PACKET
	ErrBadRequestMultipartBadSched                            // OFPBRC_MULTIPART_BAD_SCHED
	ErrBadRequestPipelineFieldsOnly                           // OFPBRC_PIPELINE_FIELDS_ONLY
	ErrBadRequestUnknown                                      // OFPBRC_UNKNOWN
	ErrBadRequestNXMInvalid                                   // NXBRC_NXM_INVALID
	ErrBadRequestNXMBadType                                   // NXBRC_NXM_BAD_TYPE
	ErrBadRequestMustBeZero                                   // NXBRC_MUST_BE_ZERO
	ErrBadRequestBadReason                                    // NXBRC_BAD_REASON
	ErrBadRequestFMBadEvent                                   // NXBRC_FM_BAD_EVENT
	ErrBadRequestUnencodableError                             // NXBRC_UNENCODABLE_ERROR
	ErrBadActionBadType                                       // OFPBAC_BAD_TYPE
	ErrBadActionBadLen                                        // OFPBAC_BAD_LEN
	ErrBadActionBadVendor                                     // OFPBAC_BAD_VENDOR
	ErrBadActionBadVendorType                                 // OFPBAC_BAD_VENDOR_TYPE
	ErrBadActionBadOutPort                                    // OFPBAC_BAD_OUT_PORT
	ErrBadActionBadArgument                                   // OFPBAC_BAD_ARGUMENT
	ErrBadActionEperm                                         // OFPBAC_EPERM
	ErrBadActionTooMany                                       // OFPBAC_TOO_MANY
	ErrBadActionBadQueue                                      // OFPBAC_BAD_QUEUE
	ErrBadActionBadOutGroup                                   // OFPBAC_BAD_OUT_GROUP
	ErrBadActionMatchInconsistent                             // OFPBAC_MATCH_INCONSISTENT
	ErrBadActionUnsupportedOrder                              // OFPBAC_UNSUPPORTED_ORDER
	ErrBadActionBadTag                                        // OFPBAC_BAD_TAG
	ErrBadActionBadSetType                                    // OFPBAC_BAD_SET_TYPE
	ErrBadActionBadSetLen                                     // OFPBAC_BAD_SET_LEN
	ErrBadActionBadSetArgument                                // OFPBAC_BAD_SET_ARGUMENT
	ErrBadActionBadSetMask                                    // OFPBAC_BAD_SET_MASK
	ErrBadActionBadMeter                                      // OFPBAC_BAD_METER
	ErrBadActionMustBeZero                                    // NXBAC_MUST_BE_ZERO
	ErrBadActionBadConjunction                                // NXBAC_BAD_CONJUNCTION
	ErrBadActionBadHeaderType                                 // NXBAC_BAD_HEADER_TYPE
	ErrBadActionUnknownEDProp                                 // NXBAC_UNKNOWN_ED_PROP
	ErrBadActionBadEDProp                                     // NXBAC_BAD_ED_PROP
	ErrBadActionCTDatapathSupport                             // NXBAC_CT_DATAPATH_SUPPORT
	ErrBadInstructionUnknownInst                              // OFPBIC_UNKNOWN_INST
	ErrBadInstructionUnsupInst                                // OFPBIC_UNSUP_INST
	ErrBadInstructionBadTableID                               // OFPBIC_BAD_TABLE_ID
	ErrBadInstructionUnsupMetadata                            // OFPBIC_UNSUP_METADATA
	ErrBadInstructionUnsupMetadataMask                        // OFPBIC_UNSUP_METADATA_MASK
	ErrBadInstructionBadExperimenter                          // OFPBIC_BAD_EXPERIMENTER
	ErrBadInstructionBadExpType                               // OFPBIC_BAD_EXP_TYPE
	ErrBadInstructionBadLen                                   // OFPBIC_BAD_LEN
	ErrBadInstructionEperm                                    // OFPBIC_EPERM
	ErrBadInstructionDupInst                                  // OFPBIC_DUP_INST
	ErrBadMatchBadType                                        // OFPBMC_BAD_TYPE
	ErrBadMatchBadLen                                         // OFPBMC_BAD_LEN
	ErrBadMatchBadTag                                         // OFPBMC_BAD_TAG
	ErrBadMatchBadDLAddrMask                                  // OFPBMC_BAD_DL_ADDR_MASK
	ErrBadMatchBadNWAddrMask                                  // OFPBMC_BAD_NW_ADDR_MASK
	ErrBadMatchBadWildcards                                   // OFPBMC_BAD_WILDCARDS
	ErrBadMatchBadField                                       // OFPBMC_BAD_FIELD
	ErrBadMatchBadValue                                       // OFPBMC_BAD_VALUE
	ErrBadMatchBadMask                                        // OFPBMC_BAD_MASK
	ErrBadMatchBadPrereq                                      // OFPBMC_BAD_PREREQ
	ErrBadMatchDupField                                       // OFPBMC_DUP_FIELD
	ErrBadMatchEperm                                          // OFPBMC_EPERM
	ErrBadMatchCTDatapathSupport                              // NXBMC_CT_DATAPATH_SUPPORT
	ErrFlowModFailedUnknown                                   // OFPFMFC_UNKNOWN
	ErrFlowModFailedTableFull                                 // OFPFMFC_TABLE_FULL
	ErrFlowModFailedBadTableID                                // OFPFMFC_BAD_TABLE_ID
	ErrFlowModFailedOverlap                                   // OFPFMFC_OVERLAP
	ErrFlowModFailedEperm                                     // OFPFMFC_EPERM
	ErrFlowModFailedBadTimeout                                // OFPFMFC_BAD_TIMEOUT
	ErrFlowModFailedBadEmergTimeout                           // OFPFMFC_BAD_EMERG_TIMEOUT
	ErrFlowModFailedBadCommand                                // OFPFMFC_BAD_COMMAND
	ErrFlowModFailedBadFlags                                  // OFPFMFC_BAD_FLAGS
	ErrFlowModFailedCantSync                                  // OFPFMFC_CANT_SYNC
	ErrFlowModFailedBadPriority                               // OFPFMFC_BAD_PRIORITY
	ErrFlowModFailedIsSync                                    // OFPFMFC_IS_SYNC
	ErrFlowModFailedUnsupported                               // OFPFMFC_UNSUPPORTED
	ErrFlowModFailedHardware                                  // NXFMFC_HARDWARE
	ErrNXFlowModFailedBadTableID                              // NXFMFC_BAD_TABLE_ID
	ErrFlowModFailedInvalidTLVField                           // NXFMFC_INVALID_TLV_FIELD
	ErrGroupModFailedGroupExists                              // OFPGMFC_GROUP_EXISTS
	ErrGroupModFailedInvalidGroup                             // OFPGMFC_INVALID_GROUP
	ErrGroupModFailedWeightUnsupported                        // OFPGMFC_WEIGHT_UNSUPPORTED
	ErrGroupModFailedOutOfGroups                              // OFPGMFC_OUT_OF_GROUPS
	ErrGroupModFailedOutOfBuckets                             // OFPGMFC_OUT_OF_BUCKETS
	ErrGroupModFailedChainingUnsupported                      // OFPGMFC_CHAINING_UNSUPPORTED
	ErrGroupModFailedWatchUnsupported                         // OFPGMFC_WATCH_UNSUPPORTED
	ErrGroupModFailedLoop                                     // OFPGMFC_LOOP
	ErrGroupModFailedUnknownGroup                             // OFPGMFC_UNKNOWN_GROUP
	ErrGroupModFailedChainedGroup                             // OFPGMFC_CHAINED_GROUP
	ErrGroupModFailedBadType                                  // OFPGMFC_BAD_TYPE
	ErrGroupModFailedBadCommand                               // OFPGMFC_BAD_COMMAND
	ErrGroupModFailedBadBucket                                // OFPGMFC_BAD_BUCKET
	ErrGroupModFailedBadWatch                                 // OFPGMFC_BAD_WATCH
	ErrGroupModFailedEperm                                    // OFPGMFC_EPERM
	ErrGroupModFailedUnknownBucket                            // OFPGMFC_UNKNOWN_BUCKET
	ErrGroupModFailedBucketExists                             // OFPGMFC_BUCKET_EXISTS
	ErrPortModFailedBadPort                                   // OFPPMFC_BAD_PORT
	ErrPortModFailedBadHWAddr                                 // OFPPMFC_BAD_HW_ADDR
	ErrPortModFailedBadConfig                                 // OFPPMFC_BAD_CONFIG
	ErrPortModFailedBadAdvertise                              // OFPPMFC_BAD_ADVERTISE
	ErrPortModFailedEperm                                     // OFPPMFC_EPERM
	ErrTableModFailedBadTable                                 // OFPTMFC_BAD_TABLE
	ErrTableModFailedBadConfig                                // OFPTMFC_BAD_CONFIG
	ErrTableModFailedEperm                                    // OFPTMFC_EPERM
	ErrQueueOpFailedBadPort                                   // OFPQOFC_BAD_PORT
	ErrQueueOpFailedBadQueue                                  // OFPQOFC_BAD_QUEUE
	ErrQueueOpFailedEperm                                     // OFPQOFC_EPERM
	ErrQueueOpFailedQueueError                                // NXQOFC_QUEUE_ERROR
	ErrSwitchConfigFailedBadFlags                             // OFPSCFC_BAD_FLAGS
	ErrSwitchConfigFailedBadLen                               // OFPSCFC_BAD_LEN
	ErrSwitchConfigFailedEperm                                // OFPSCFC_EPERM
	ErrRoleRequestFailedStale                                 // OFPRRFC_STALE
	ErrRoleRequestFailedUnsup                                 // OFPRRFC_UNSUP
	ErrRoleRequestFailedBadRole                               // OFPRRFC_BAD_ROLE
	ErrRoleRequestFailedIDUnsup                               // OFPRRFC_ID_UNSUP
	ErrRoleRequestFailedIDInUse                               // OFPRRFC_ID_IN_USE
	ErrMeterModFailedUnknown                                  // OFPMMFC_UNKNOWN
	ErrMeterModFailedMeterExists                              // OFPMMFC_METER_EXISTS
	ErrMeterModFailedInvalidMeter                             // OFPMMFC_INVALID_METER
	ErrMeterModFailedUnknownMeter                             // OFPMMFC_UNKNOWN_METER
	ErrMeterModFailedBadCommand                               // OFPMMFC_BAD_COMMAND
	ErrMeterModFailedBadFlags                                 // OFPMMFC_BAD_FLAGS
	ErrMeterModFailedBadRate                                  // OFPMMFC_BAD_RATE
	ErrMeterModFailedBadBurst                                 // OFPMMFC_BAD_BURST
	ErrMeterModFailedBadBand                                  // OFPMMFC_BAD_BAND
	ErrMeterModFailedBadBandValue                             // OFPMMFC_BAD_BAND_VALUE
	ErrMeterModFailedOutOfMeters                              // OFPMMFC_OUT_OF_METERS
	ErrMeterModFailedOutOfBands                               // OFPMMFC_OUT_OF_BANDS
	ErrTableFeaturesFailedBadTable                            // OFPTFFC_BAD_TABLE
	ErrTableFeaturesFailedBadMetadata                         // OFPTFFC_BAD_METADATA
	ErrTableFeaturesFailedEperm                               // OFPTFFC_EPERM
	ErrTableFeaturesFailedBadCapa                             // OFPTFFC_BAD_CAPA
	ErrTableFeaturesFailedBadMaxEnt                           // OFPTFFC_BAD_MAX_ENT
	ErrTableFeaturesFailedBadFeatures                         // OFPTFFC_BAD_FEATURES
	ErrTableFeaturesFailedBadCommand                          // OFPTFFC_BAD_COMMAND
	ErrTableFeaturesFailedTooMany                             // OFPTFFC_TOO_MANY
	ErrTableFeaturesFailedDupTable                            // NXTFFC_DUP_TABLE
	ErrBadPropertyBadType                                     // OFPBPC_BAD_TYPE
	ErrBadPropertyBadLen                                      // OFPBPC_BAD_LEN
	ErrBadPropertyBadValue                                    // OFPBPC_BAD_VALUE
	ErrBadPropertyTooMany                                     // OFPBPC_TOO_MANY
	ErrBadPropertyDupType                                     // OFPBPC_DUP_TYPE
	ErrBadPropertyBadExperimenter                             // OFPBPC_BAD_EXPERIMENTER
	ErrBadPropertyBadExpType                                  // OFPBPC_BAD_EXP_TYPE
	ErrBadPropertyBadExpValue                                 // OFPBPC_BAD_EXP_VALUE
	ErrBadPropertyEperm                                       // OFPBPC_EPERM
	ErrAsyncConfigFailedInvalid                               // OFPACFC_INVALID
	ErrAsyncConfigFailedUnsupported                           // OFPACFC_UNSUPPORTED
	ErrAsyncConfigFailedEperm                                 // OFPACFC_EPERM
	ErrBundleFailedUnknown                                    // OFPBFC_UNKNOWN
	ErrBundleFailedEperm                                      // OFPBFC_EPERM
	ErrBundleFailedBadID                                      // OFPBFC_BAD_ID
	ErrBundleFailedBundleExist                                // OFPBFC_BUNDLE_EXIST
	ErrBundleFailedBundleClosed                               // OFPBFC_BUNDLE_CLOSED
	ErrBundleFailedOutOfBundles                               // OFPBFC_OUT_OF_BUNDLES
	ErrBundleFailedBadType                                    // OFPBFC_BAD_TYPE
	ErrBundleFailedBadFlags                                   // OFPBFC_BAD_FLAGS
	ErrBundleFailedMsgBadLen                                  // OFPBFC_MSG_BAD_LEN
	ErrBundleFailedMsgBadXID                                  // OFPBFC_MSG_BAD_XID
	ErrBundleFailedMsgUnsup                                   // OFPBFC_MSG_UNSUP
	ErrBundleFailedMsgConflict                                // OFPBFC_MSG_CONFLICT
	ErrBundleFailedMsgTooMany                                 // OFPBFC_MSG_TOO_MANY
	ErrBundleFailedMsgFailed                                  // OFPBFC_MSG_FAILED
	ErrBundleFailedTimeout                                    // OFPBFC_TIMEOUT
	ErrBundleFailedBundleInProgress                           // OFPBFC_BUNDLE_IN_PROGRESS
	ErrBundleFailedSchedNotSupported                          // OFPBFC_SCHED_NOT_SUPPORTED
	ErrBundleFailedSchedFuture                                // OFPBFC_SCHED_FUTURE
	ErrBundleFailedSchedPast                                  // OFPBFC_SCHED_PAST
	ErrBundleFailedBadVersion                                 // OFPBFC_BAD_VERSION
	ErrFlowMonitorFailedUnknown                               // OFPMOFC_UNKNOWN
	ErrFlowMonitorFailedMonitorExists                         // OFPMOFC_MONITOR_EXISTS
	ErrFlowMonitorFailedInvalidMonitor                        // OFPMOFC_INVALID_MONITOR
	ErrFlowMonitorFailedUnknownMonitor                        // OFPMOFC_UNKNOWN_MONITOR
	ErrFlowMonitorFailedBadCommand                            // OFPMOFC_BAD_COMMAND
	ErrFlowMonitorFailedBadFlags                              // OFPMOFC_BAD_FLAGS
	ErrFlowMonitorFailedBadTableID                            // OFPMOFC_BAD_TABLE_ID
	ErrFlowMonitorFailedBadOut                                // OFPMOFC_BAD_OUT
	ErrTLVTableModFailedBadCommand                            // NXTTMFC_BAD_COMMAND
	ErrTLVTableModFailedBadOptLen                             // NXTTMFC_BAD_OPT_LEN
	ErrTLVTableModFailedBadFieldIdx                           // NXTTMFC_BAD_FIELD_IDX
	ErrTLVTableModFailedTableFull                             // NXTTMFC_TABLE_FULL
	ErrTLVTableModFailedAlreadyMapped                         // NXTTMFC_ALREADY_MAPPED
	ErrTLVTableModFailedDupEntry                              // NXTTMFC_DUP_ENTRY
	ErrTLVTableModFailedInvalidTLVDel                         // NXTTMFC_INVALID_TLV_DEL
	ErrResumeNotSupported                                     // NXR_NOT_SUPPORTED
	ErrResumeStale                                            // NXR_STALE
	ErrStatsNotConfigured                                     // NXST_NOT_CONFIGURED
	ErrBadRequestMultipartBufferOverflow                      // OFPBRC_MULTIPART_BUFFER_OVERFLOW
	ErrBadRequestMultipartRequestTimeout                      // OFPBRC_MULTIPART_REQUEST_TIMEOUT
	ErrBadRequestMultipartReplyTimeout                        // OFPBRC_MULTIPART_REPLY_TIMEOUT
	numErrors                            = iota + 1
)

// errorTable has a row for each error: its name and, for runs of versions that
// agree, the vendor (0 for the standard's own), type and code on the wire.
// Sources: the OpenFlow specifications' ofp_*_failed_code, nicira-ext.h.
var errorTable = [numErrors]errorRow{
	ErrHelloFailedIncompatible:           {"OFPHFC_INCOMPATIBLE", [4]errorWire{{V10, V15, 0, 0, 0}}},
	ErrHelloFailedEperm:                  {"OFPHFC_EPERM", [4]errorWire{{V10, V15, 0, 0, 1}}},
	ErrBadRequestBadVersion:              {"OFPBRC_BAD_VERSION", [4]errorWire{{V10, V15, 0, 1, 0}}},
	ErrBadRequestBadType:                 {"OFPBRC_BAD_TYPE", [4]errorWire{{V10, V15, 0, 1, 1}}},
	ErrBadRequestBadStat:                 {"OFPBRC_BAD_STAT", [4]errorWire{{V10, V15, 0, 1, 2}}},
	ErrBadRequestBadVendor:               {"OFPBRC_BAD_VENDOR", [4]errorWire{{V10, V15, 0, 1, 3}}},
	ErrBadRequestBadSubtype:              {"OFPBRC_BAD_SUBTYPE", [4]errorWire{{V10, V15, 0, 1, 4}}},
	ErrBadRequestEperm:                   {"OFPBRC_EPERM", [4]errorWire{{V10, V15, 0, 1, 5}}},
	ErrBadRequestBadLen:                  {"OFPBRC_BAD_LEN", [4]errorWire{{V10, V15, 0, 1, 6}}},
	ErrBadRequestBufferEmpty:             {"OFPBRC_BUFFER_EMPTY", [4]errorWire{{V10, V15, 0, 1, 7}}},
	ErrBadRequestBufferUnknown:           {"OFPBRC_BUFFER_UNKNOWN", [4]errorWire{{V10, V15, 0, 1, 8}}},
	ErrBadRequestBadTableID:              {"OFPBRC_BAD_TABLE_ID", [4]errorWire{{V10, V10, vendorNX, 1, 512}, {V11, V15, 0, 1, 9}}},
	ErrBadRequestIsSecondary:             {"OFPBRC_IS_SECONDARY", [4]errorWire{{V10, V11, 0, 1, 5}, {V12, V15, 0, 1, 10}}},
	ErrBadRequestBadPort:                 {"OFPBRC_BAD_PORT", [4]errorWire{{V10, V11, vendorNX, 1, 514}, {V12, V15, 0, 1, 11}}},
	ErrBadRequestBadPacket:               {"OFPBRC_BAD_PACKET", [4]errorWire{{V12, V15, 0, 1, 12}}},
	ErrBadRequestMultipartBadSched:       {"OFPBRC_MULTIPART_BAD_SCHED", [4]errorWire{{V15, V15, 0, 1, 16}}},
	ErrBadRequestPipelineFieldsOnly:      {"OFPBRC_PIPELINE_FIELDS_ONLY", [4]errorWire{{V15, V15, 0, 1, 17}}},
	ErrBadRequestUnknown:                 {"OFPBRC_UNKNOWN", [4]errorWire{{V15, V15, 0, 1, 18}}},
	ErrBadRequestNXMInvalid:              {"NXBRC_NXM_INVALID", [4]errorWire{{V10, V11, vendorNX, 1, 256}, {V12, V15, vendorNX, 2, 0}}},
	ErrBadRequestNXMBadType:              {"NXBRC_NXM_BAD_TYPE", [4]errorWire{{V10, V11, vendorNX, 1, 257}, {V12, V15, vendorNX, 3, 0}}},
	ErrBadRequestMustBeZero:              {"NXBRC_MUST_BE_ZERO", [4]errorWire{{V10, V11, vendorNX, 1, 515}, {V12, V15, vendorNX, 4, 0}}},
	ErrBadRequestBadReason:               {"NXBRC_BAD_REASON", [4]errorWire{{V10, V11, vendorNX, 1, 516}, {V12, V15, vendorNX, 5, 0}}},
	ErrBadRequestFMBadEvent:              {"NXBRC_FM_BAD_EVENT", [4]errorWire{{V10, V11, vendorNX, 1, 520}, {V12, V15, vendorNX, 9, 0}}},
	ErrBadRequestUnencodableError:        {"NXBRC_UNENCODABLE_ERROR", [4]errorWire{{V10, V11, vendorNX, 1, 521}, {V12, V15, vendorNX, 10, 0}}},
	ErrBadActionBadType:                  {"OFPBAC_BAD_TYPE", [4]errorWire{{V10, V15, 0, 2, 0}}},
	ErrBadActionBadLen:                   {"OFPBAC_BAD_LEN", [4]errorWire{{V10, V15, 0, 2, 1}}},
	ErrBadActionBadVendor:                {"OFPBAC_BAD_VENDOR", [4]errorWire{{V10, V15, 0, 2, 2}}},
	ErrBadActionBadVendorType:            {"OFPBAC_BAD_VENDOR_TYPE", [4]errorWire{{V10, V15, 0, 2, 3}}},
	ErrBadActionBadOutPort:               {"OFPBAC_BAD_OUT_PORT", [4]errorWire{{V10, V15, 0, 2, 4}}},
	ErrBadActionBadArgument:              {"OFPBAC_BAD_ARGUMENT", [4]errorWire{{V10, V15, 0, 2, 5}}},
	ErrBadActionEperm:                    {"OFPBAC_EPERM", [4]errorWire{{V10, V15, 0, 2, 6}}},
	ErrBadActionTooMany:                  {"OFPBAC_TOO_MANY", [4]errorWire{{V10, V15, 0, 2, 7}}},
	ErrBadActionBadQueue:                 {"OFPBAC_BAD_QUEUE", [4]errorWire{{V10, V15, 0, 2, 8}}},
	ErrBadActionBadOutGroup:              {"OFPBAC_BAD_OUT_GROUP", [4]errorWire{{V10, V10, vendorNX, 2, 9}, {V11, V15, 0, 2, 9}}},
	ErrBadActionMatchInconsistent:        {"OFPBAC_MATCH_INCONSISTENT", [4]errorWire{{V10, V10, vendorNX, 1, 522}, {V11, V15, 0, 2, 10}}},
	ErrBadActionUnsupportedOrder:         {"OFPBAC_UNSUPPORTED_ORDER", [4]errorWire{{V11, V15, 0, 2, 11}}},
	ErrBadActionBadTag:                   {"OFPBAC_BAD_TAG", [4]errorWire{{V11, V15, 0, 2, 12}}},
	ErrBadActionBadSetType:               {"OFPBAC_BAD_SET_TYPE", [4]errorWire{{V10, V11, vendorNX, 1, 523}, {V12, V15, 0, 2, 13}}},
	ErrBadActionBadSetLen:                {"OFPBAC_BAD_SET_LEN", [4]errorWire{{V10, V11, vendorNX, 1, 524}, {V12, V15, 0, 2, 14}}},
	ErrBadActionBadSetArgument:           {"OFPBAC_BAD_SET_ARGUMENT", [4]errorWire{{V10, V11, vendorNX, 1, 525}, {V12, V15, 0, 2, 15}}},
	ErrBadActionBadSetMask:               {"OFPBAC_BAD_SET_MASK", [4]errorWire{{V13, V14, vendorONF, 4250, 0}, {V15, V15, 0, 2, 16}}},
	ErrBadActionBadMeter:                 {"OFPBAC_BAD_METER", [4]errorWire{{V15, V15, 0, 2, 17}}},
	ErrBadActionMustBeZero:               {"NXBAC_MUST_BE_ZERO", [4]errorWire{{V10, V11, vendorNX, 2, 256}, {V12, V15, vendorNX, 11, 0}}},
	ErrBadActionBadConjunction:           {"NXBAC_BAD_CONJUNCTION", [4]errorWire{{V10, V11, vendorNX, 2, 526}, {V12, V15, vendorNX, 15, 0}}},
	ErrBadActionBadHeaderType:            {"NXBAC_BAD_HEADER_TYPE", [4]errorWire{{V13, V15, vendorNX, 39, 0}}},
	ErrBadActionUnknownEDProp:            {"NXBAC_UNKNOWN_ED_PROP", [4]errorWire{{V13, V15, vendorNX, 40, 0}}},
	ErrBadActionBadEDProp:                {"NXBAC_BAD_ED_PROP", [4]errorWire{{V13, V15, vendorNX, 41, 0}}},
	ErrBadActionCTDatapathSupport:        {"NXBAC_CT_DATAPATH_SUPPORT", [4]errorWire{{V10, V11, vendorNX, 1, 265}, {V12, V15, vendorNX, 42, 0}}},
	ErrBadInstructionUnknownInst:         {"OFPBIC_UNKNOWN_INST", [4]errorWire{{V11, V15, 0, 3, 0}}},
	ErrBadInstructionUnsupInst:           {"OFPBIC_UNSUP_INST", [4]errorWire{{V10, V10, vendorNX, 2, 257}, {V11, V15, 0, 3, 1}}},
	ErrBadInstructionBadTableID:          {"OFPBIC_BAD_TABLE_ID", [4]errorWire{{V11, V15, 0, 3, 2}}},
	ErrBadInstructionUnsupMetadata:       {"OFPBIC_UNSUP_METADATA", [4]errorWire{{V11, V15, 0, 3, 3}}},
	ErrBadInstructionUnsupMetadataMask:   {"OFPBIC_UNSUP_METADATA_MASK", [4]errorWire{{V11, V15, 0, 3, 4}}},
	ErrBadInstructionBadExperimenter:     {"OFPBIC_BAD_EXPERIMENTER", [4]errorWire{{V11, V15, 0, 3, 5}}},
	ErrBadInstructionBadExpType:          {"OFPBIC_BAD_EXP_TYPE", [4]errorWire{{V11, V11, 0, 3, 5}, {V12, V15, 0, 3, 6}}},
	ErrBadInstructionBadLen:              {"OFPBIC_BAD_LEN", [4]errorWire{{V12, V15, 0, 3, 7}}},
	ErrBadInstructionEperm:               {"OFPBIC_EPERM", [4]errorWire{{V12, V15, 0, 3, 8}}},
	ErrBadInstructionDupInst:             {"OFPBIC_DUP_INST", [4]errorWire{{V11, V11, vendorNX, 3, 256}, {V12, V13, vendorONF, 2600, 0}, {V14, V15, 0, 3, 9}}},
	ErrBadMatchBadType:                   {"OFPBMC_BAD_TYPE", [4]errorWire{{V11, V15, 0, 4, 0}}},
	ErrBadMatchBadLen:                    {"OFPBMC_BAD_LEN", [4]errorWire{{V11, V15, 0, 4, 1}}},
	ErrBadMatchBadTag:                    {"OFPBMC_BAD_TAG", [4]errorWire{{V11, V15, 0, 4, 2}}},
	ErrBadMatchBadDLAddrMask:             {"OFPBMC_BAD_DL_ADDR_MASK", [4]errorWire{{V11, V15, 0, 4, 3}}},
	ErrBadMatchBadNWAddrMask:             {"OFPBMC_BAD_NW_ADDR_MASK", [4]errorWire{{V11, V15, 0, 4, 4}}},
	ErrBadMatchBadWildcards:              {"OFPBMC_BAD_WILDCARDS", [4]errorWire{{V10, V10, vendorNX, 1, 262}, {V11, V15, 0, 4, 5}}},
	ErrBadMatchBadField:                  {"OFPBMC_BAD_FIELD", [4]errorWire{{V10, V10, vendorNX, 0, 263}, {V11, V15, 0, 4, 6}}},
	ErrBadMatchBadValue:                  {"OFPBMC_BAD_VALUE", [4]errorWire{{V10, V10, vendorNX, 1, 258}, {V11, V15, 0, 4, 7}}},
	ErrBadMatchBadMask:                   {"OFPBMC_BAD_MASK", [4]errorWire{{V10, V11, vendorNX, 1, 259}, {V12, V15, 0, 4, 8}}},
	ErrBadMatchBadPrereq:                 {"OFPBMC_BAD_PREREQ", [4]errorWire{{V10, V11, vendorNX, 1, 260}, {V12, V15, 0, 4, 9}}},
	ErrBadMatchDupField:                  {"OFPBMC_DUP_FIELD", [4]errorWire{{V10, V11, vendorNX, 1, 261}, {V12, V15, 0, 4, 10}}},
	ErrBadMatchEperm:                     {"OFPBMC_EPERM", [4]errorWire{{V12, V15, 0, 4, 11}}},
	ErrBadMatchCTDatapathSupport:         {"NXBMC_CT_DATAPATH_SUPPORT", [4]errorWire{{V10, V11, vendorNX, 1, 264}, {V12, V15, vendorNX, 43, 0}}},
	ErrFlowModFailedUnknown:              {"OFPFMFC_UNKNOWN", [4]errorWire{{V11, V15, 0, 5, 0}}},
	ErrFlowModFailedTableFull:            {"OFPFMFC_TABLE_FULL", [4]errorWire{{V10, V10, 0, 3, 0}, {V11, V15, 0, 5, 1}}},
	ErrFlowModFailedBadTableID:           {"OFPFMFC_BAD_TABLE_ID", [4]errorWire{{V11, V15, 0, 5, 2}}},
	ErrFlowModFailedOverlap:              {"OFPFMFC_OVERLAP", [4]errorWire{{V10, V10, 0, 3, 1}, {V11, V15, 0, 5, 3}}},
	ErrFlowModFailedEperm:                {"OFPFMFC_EPERM", [4]errorWire{{V10, V10, 0, 3, 2}, {V11, V15, 0, 5, 4}}},
	ErrFlowModFailedBadTimeout:           {"OFPFMFC_BAD_TIMEOUT", [4]errorWire{{V11, V15, 0, 5, 5}}},
	ErrFlowModFailedBadEmergTimeout:      {"OFPFMFC_BAD_EMERG_TIMEOUT", [4]errorWire{{V10, V10, 0, 3, 3}}},
	ErrFlowModFailedBadCommand:           {"OFPFMFC_BAD_COMMAND", [4]errorWire{{V10, V10, 0, 3, 4}, {V11, V15, 0, 5, 6}}},
	ErrFlowModFailedBadFlags:             {"OFPFMFC_BAD_FLAGS", [4]errorWire{{V10, V10, vendorNX, 3, 258}, {V11, V11, vendorNX, 5, 258}, {V12, V15, 0, 5, 7}}},
	ErrFlowModFailedCantSync:             {"OFPFMFC_CANT_SYNC", [4]errorWire{{V14, V15, 0, 5, 8}}},
	ErrFlowModFailedBadPriority:          {"OFPFMFC_BAD_PRIORITY", [4]errorWire{{V13, V13, vendorONF, 2360, 0}, {V14, V15, 0, 5, 9}}},
	ErrFlowModFailedIsSync:               {"OFPFMFC_IS_SYNC", [4]errorWire{{V14, V15, 0, 5, 10}}},
	ErrFlowModFailedUnsupported:          {"OFPFMFC_UNSUPPORTED", [4]errorWire{{V10, V10, 0, 3, 5}}},
	ErrFlowModFailedHardware:             {"NXFMFC_HARDWARE", [4]errorWire{{V10, V11, vendorNX, 5, 256}, {V12, V15, vendorNX, 12, 0}}},
	ErrNXFlowModFailedBadTableID:         {"NXFMFC_BAD_TABLE_ID", [4]errorWire{{V10, V11, vendorNX, 5, 257}, {V12, V15, vendorNX, 13, 0}}},
	ErrFlowModFailedInvalidTLVField:      {"NXFMFC_INVALID_TLV_FIELD", [4]errorWire{{V10, V11, vendorNX, 1, 536}, {V12, V15, vendorNX, 37, 0}}},
	ErrGroupModFailedGroupExists:         {"OFPGMFC_GROUP_EXISTS", [4]errorWire{{V10, V10, vendorNX, 6, 0}, {V11, V15, 0, 6, 0}}},
	ErrGroupModFailedInvalidGroup:        {"OFPGMFC_INVALID_GROUP", [4]errorWire{{V10, V10, vendorNX, 6, 1}, {V11, V15, 0, 6, 1}}},
	ErrGroupModFailedWeightUnsupported:   {"OFPGMFC_WEIGHT_UNSUPPORTED", [4]errorWire{{V10, V10, vendorNX, 6, 2}, {V11, V15, 0, 6, 2}}},
	ErrGroupModFailedOutOfGroups:         {"OFPGMFC_OUT_OF_GROUPS", [4]errorWire{{V10, V10, vendorNX, 6, 3}, {V11, V15, 0, 6, 3}}},
	ErrGroupModFailedOutOfBuckets:        {"OFPGMFC_OUT_OF_BUCKETS", [4]errorWire{{V10, V10, vendorNX, 6, 4}, {V11, V15, 0, 6, 4}}},
	ErrGroupModFailedChainingUnsupported: {"OFPGMFC_CHAINING_UNSUPPORTED", [4]errorWire{{V10, V10, vendorNX, 6, 5}, {V11, V15, 0, 6, 5}}},
	ErrGroupModFailedWatchUnsupported:    {"OFPGMFC_WATCH_UNSUPPORTED", [4]errorWire{{V10, V10, vendorNX, 6, 6}, {V11, V15, 0, 6, 6}}},
	ErrGroupModFailedLoop:                {"OFPGMFC_LOOP", [4]errorWire{{V10, V10, vendorNX, 6, 7}, {V11, V15, 0, 6, 7}}},
	ErrGroupModFailedUnknownGroup:        {"OFPGMFC_UNKNOWN_GROUP", [4]errorWire{{V10, V10, vendorNX, 6, 8}, {V11, V15, 0, 6, 8}}},
	ErrGroupModFailedChainedGroup:        {"OFPGMFC_CHAINED_GROUP", [4]errorWire{{V10, V10, vendorNX, 6, 9}, {V12, V15, 0, 6, 9}}},
	ErrGroupModFailedBadType:             {"OFPGMFC_BAD_TYPE", [4]errorWire{{V10, V10, vendorNX, 6, 10}, {V12, V15, 0, 6, 10}}},
	ErrGroupModFailedBadCommand:          {"OFPGMFC_BAD_COMMAND", [4]errorWire{{V10, V10, vendorNX, 6, 11}, {V12, V15, 0, 6, 11}}},
	ErrGroupModFailedBadBucket:           {"OFPGMFC_BAD_BUCKET", [4]errorWire{{V10, V10, vendorNX, 6, 12}, {V12, V15, 0, 6, 12}}},
	ErrGroupModFailedBadWatch:            {"OFPGMFC_BAD_WATCH", [4]errorWire{{V10, V10, vendorNX, 6, 13}, {V12, V15, 0, 6, 13}}},
	ErrGroupModFailedEperm:               {"OFPGMFC_EPERM", [4]errorWire{{V10, V10, vendorNX, 6, 14}, {V12, V15, 0, 6, 14}}},
	ErrGroupModFailedUnknownBucket:       {"OFPGMFC_UNKNOWN_BUCKET", [4]errorWire{{V10, V10, vendorNX, 6, 15}, {V15, V15, 0, 6, 15}}},
	ErrGroupModFailedBucketExists:        {"OFPGMFC_BUCKET_EXISTS", [4]errorWire{{V10, V10, vendorNX, 6, 16}, {V15, V15, 0, 6, 16}}},
	ErrPortModFailedBadPort:              {"OFPPMFC_BAD_PORT", [4]errorWire{{V10, V10, 0, 4, 0}, {V11, V15, 0, 7, 0}}},
	ErrPortModFailedBadHWAddr:            {"OFPPMFC_BAD_HW_ADDR", [4]errorWire{{V10, V10, 0, 4, 1}, {V11, V15, 0, 7, 1}}},
	ErrPortModFailedBadConfig:            {"OFPPMFC_BAD_CONFIG", [4]errorWire{{V11, V15, 0, 7, 2}}},
	ErrPortModFailedBadAdvertise:         {"OFPPMFC_BAD_ADVERTISE", [4]errorWire{{V11, V15, 0, 7, 3}}},
	ErrPortModFailedEperm:                {"OFPPMFC_EPERM", [4]errorWire{{V12, V15, 0, 7, 4}}},
	ErrTableModFailedBadTable:            {"OFPTMFC_BAD_TABLE", [4]errorWire{{V11, V15, 0, 8, 0}}},
	ErrTableModFailedBadConfig:           {"OFPTMFC_BAD_CONFIG", [4]errorWire{{V11, V15, 0, 8, 1}}},
	ErrTableModFailedEperm:               {"OFPTMFC_EPERM", [4]errorWire{{V12, V15, 0, 8, 2}}},
	ErrQueueOpFailedBadPort:              {"OFPQOFC_BAD_PORT", [4]errorWire{{V10, V10, 0, 5, 0}, {V11, V15, 0, 9, 0}}},
	ErrQueueOpFailedBadQueue:             {"OFPQOFC_BAD_QUEUE", [4]errorWire{{V10, V10, 0, 5, 1}, {V11, V15, 0, 9, 1}}},
	ErrQueueOpFailedEperm:                {"OFPQOFC_EPERM", [4]errorWire{{V10, V10, 0, 5, 2}, {V11, V15, 0, 9, 2}}},
	ErrQueueOpFailedQueueError:           {"NXQOFC_QUEUE_ERROR", [4]errorWire{{V14, V15, vendorNX, 23, 0}}},
	ErrSwitchConfigFailedBadFlags:        {"OFPSCFC_BAD_FLAGS", [4]errorWire{{V11, V15, 0, 10, 0}}},
	ErrSwitchConfigFailedBadLen:          {"OFPSCFC_BAD_LEN", [4]errorWire{{V11, V15, 0, 10, 1}}},
	ErrSwitchConfigFailedEperm:           {"OFPSCFC_EPERM", [4]errorWire{{V12, V15, 0, 10, 2}}},
	ErrRoleRequestFailedStale:            {"OFPRRFC_STALE", [4]errorWire{{V12, V15, 0, 11, 0}}},
	ErrRoleRequestFailedUnsup:            {"OFPRRFC_UNSUP", [4]errorWire{{V12, V15, 0, 11, 1}}},
	ErrRoleRequestFailedBadRole:          {"OFPRRFC_BAD_ROLE", [4]errorWire{{V10, V11, vendorNX, 1, 513}, {V12, V15, 0, 11, 2}}},
	ErrRoleRequestFailedIDUnsup:          {"OFPRRFC_ID_UNSUP", [4]errorWire{{V15, V15, 0, 11, 3}}},
	ErrRoleRequestFailedIDInUse:          {"OFPRRFC_ID_IN_USE", [4]errorWire{{V15, V15, 0, 11, 4}}},
	ErrMeterModFailedUnknown:             {"OFPMMFC_UNKNOWN", [4]errorWire{{V13, V15, 0, 12, 0}}},
	ErrMeterModFailedMeterExists:         {"OFPMMFC_METER_EXISTS", [4]errorWire{{V13, V15, 0, 12, 1}}},
	ErrMeterModFailedInvalidMeter:        {"OFPMMFC_INVALID_METER", [4]errorWire{{V13, V15, 0, 12, 2}}},
	ErrMeterModFailedUnknownMeter:        {"OFPMMFC_UNKNOWN_METER", [4]errorWire{{V13, V15, 0, 12, 3}}},
	ErrMeterModFailedBadCommand:          {"OFPMMFC_BAD_COMMAND", [4]errorWire{{V13, V15, 0, 12, 4}}},
	ErrMeterModFailedBadFlags:            {"OFPMMFC_BAD_FLAGS", [4]errorWire{{V13, V15, 0, 12, 5}}},
	ErrMeterModFailedBadRate:             {"OFPMMFC_BAD_RATE", [4]errorWire{{V13, V15, 0, 12, 6}}},
	ErrMeterModFailedBadBurst:            {"OFPMMFC_BAD_BURST", [4]errorWire{{V13, V15, 0, 12, 7}}},
	ErrMeterModFailedBadBand:             {"OFPMMFC_BAD_BAND", [4]errorWire{{V13, V15, 0, 12, 8}}},
	ErrMeterModFailedBadBandValue:        {"OFPMMFC_BAD_BAND_VALUE", [4]errorWire{{V13, V15, 0, 12, 9}}},
	ErrMeterModFailedOutOfMeters:         {"OFPMMFC_OUT_OF_METERS", [4]errorWire{{V13, V15, 0, 12, 10}}},
	ErrMeterModFailedOutOfBands:          {"OFPMMFC_OUT_OF_BANDS", [4]errorWire{{V13, V15, 0, 12, 11}}},
	ErrTableFeaturesFailedBadTable:       {"OFPTFFC_BAD_TABLE", [4]errorWire{{V13, V15, 0, 13, 0}}},
	ErrTableFeaturesFailedBadMetadata:    {"OFPTFFC_BAD_METADATA", [4]errorWire{{V13, V15, 0, 13, 1}}},
	ErrTableFeaturesFailedEperm:          {"OFPTFFC_EPERM", [4]errorWire{{V13, V15, 0, 13, 5}}},
	ErrTableFeaturesFailedBadCapa:        {"OFPTFFC_BAD_CAPA", [4]errorWire{{V15, V15, 0, 13, 6}}},
	ErrTableFeaturesFailedBadMaxEnt:      {"OFPTFFC_BAD_MAX_ENT", [4]errorWire{{V15, V15, 0, 13, 7}}},
	ErrTableFeaturesFailedBadFeatures:    {"OFPTFFC_BAD_FEATURES", [4]errorWire{{V15, V15, 0, 13, 8}}},
	ErrTableFeaturesFailedBadCommand:     {"OFPTFFC_BAD_COMMAND", [4]errorWire{{V15, V15, 0, 13, 9}}},
	ErrTableFeaturesFailedTooMany:        {"OFPTFFC_TOO_MANY", [4]errorWire{{V15, V15, 0, 13, 10}}},
	ErrTableFeaturesFailedDupTable:       {"NXTFFC_DUP_TABLE", [4]errorWire{{V13, V15, vendorNX, 44, 0}}},
	ErrBadPropertyBadType:                {"OFPBPC_BAD_TYPE", [4]errorWire{{V10, V11, vendorNX, 13, 2}, {V12, V12, vendorNX, 25, 0}, {V13, V13, 0, 13, 2}, {V14, V15, 0, 14, 0}}},
	ErrBadPropertyBadLen:                 {"OFPBPC_BAD_LEN", [4]errorWire{{V10, V11, vendorNX, 13, 3}, {V12, V12, vendorNX, 26, 0}, {V13, V13, 0, 13, 3}, {V14, V15, 0, 14, 1}}},
	ErrBadPropertyBadValue:               {"OFPBPC_BAD_VALUE", [4]errorWire{{V10, V11, vendorNX, 13, 4}, {V12, V12, vendorNX, 27, 0}, {V13, V13, 0, 13, 4}, {V14, V15, 0, 14, 2}}},
	ErrBadPropertyTooMany:                {"OFPBPC_TOO_MANY", [4]errorWire{{V10, V11, vendorNX, 14, 3}, {V12, V12, vendorNX, 28, 0}, {V13, V13, vendorONF, 4443, 0}, {V14, V15, 0, 14, 3}}},
	ErrBadPropertyDupType:                {"OFPBPC_DUP_TYPE", [4]errorWire{{V10, V11, vendorNX, 14, 4}, {V12, V12, vendorNX, 29, 0}, {V13, V13, vendorONF, 4444, 0}, {V14, V15, 0, 14, 4}}},
	ErrBadPropertyBadExperimenter:        {"OFPBPC_BAD_EXPERIMENTER", [4]errorWire{{V10, V11, vendorNX, 14, 5}, {V12, V12, vendorNX, 30, 0}, {V13, V13, vendorONF, 4445, 0}, {V14, V15, 0, 14, 5}}},
	ErrBadPropertyBadExpType:             {"OFPBPC_BAD_EXP_TYPE", [4]errorWire{{V10, V11, vendorNX, 14, 6}, {V12, V12, vendorNX, 31, 0}, {V13, V13, vendorONF, 4446, 0}, {V14, V15, 0, 14, 6}}},
	ErrBadPropertyBadExpValue:            {"OFPBPC_BAD_EXP_VALUE", [4]errorWire{{V10, V11, vendorNX, 14, 7}, {V12, V12, vendorNX, 32, 0}, {V13, V13, vendorONF, 4447, 0}, {V14, V15, 0, 14, 7}}},
	ErrBadPropertyEperm:                  {"OFPBPC_EPERM", [4]errorWire{{V10, V11, vendorNX, 14, 8}, {V12, V12, vendorNX, 33, 0}, {V13, V13, vendorONF, 4448, 0}, {V14, V15, 0, 14, 8}}},
	ErrAsyncConfigFailedInvalid:          {"OFPACFC_INVALID", [4]errorWire{{V13, V13, vendorONF, 2370, 0}, {V14, V15, 0, 15, 0}}},
	ErrAsyncConfigFailedUnsupported:      {"OFPACFC_UNSUPPORTED", [4]errorWire{{V13, V13, vendorONF, 2371, 0}, {V14, V15, 0, 15, 1}}},
	ErrAsyncConfigFailedEperm:            {"OFPACFC_EPERM", [4]errorWire{{V13, V13, vendorONF, 2372, 0}, {V14, V15, 0, 15, 2}}},
	ErrBundleFailedUnknown:               {"OFPBFC_UNKNOWN", [4]errorWire{{V13, V13, vendorONF, 2300, 0}, {V14, V15, 0, 17, 0}}},
	ErrBundleFailedEperm:                 {"OFPBFC_EPERM", [4]errorWire{{V13, V13, vendorONF, 2301, 0}, {V14, V15, 0, 17, 1}}},
	ErrBundleFailedBadID:                 {"OFPBFC_BAD_ID", [4]errorWire{{V13, V13, vendorONF, 2302, 0}, {V14, V15, 0, 17, 2}}},
	ErrBundleFailedBundleExist:           {"OFPBFC_BUNDLE_EXIST", [4]errorWire{{V13, V13, vendorONF, 2303, 0}, {V14, V15, 0, 17, 3}}},
	ErrBundleFailedBundleClosed:          {"OFPBFC_BUNDLE_CLOSED", [4]errorWire{{V13, V13, vendorONF, 2304, 0}, {V14, V15, 0, 17, 4}}},
	ErrBundleFailedOutOfBundles:          {"OFPBFC_OUT_OF_BUNDLES", [4]errorWire{{V13, V13, vendorONF, 2305, 0}, {V14, V15, 0, 17, 5}}},
	ErrBundleFailedBadType:               {"OFPBFC_BAD_TYPE", [4]errorWire{{V13, V13, vendorONF, 2306, 0}, {V14, V15, 0, 17, 6}}},
	ErrBundleFailedBadFlags:              {"OFPBFC_BAD_FLAGS", [4]errorWire{{V13, V13, vendorONF, 2307, 0}, {V14, V15, 0, 17, 7}}},
	ErrBundleFailedMsgBadLen:             {"OFPBFC_MSG_BAD_LEN", [4]errorWire{{V13, V13, vendorONF, 2308, 0}, {V14, V15, 0, 17, 8}}},
	ErrBundleFailedMsgBadXID:             {"OFPBFC_MSG_BAD_XID", [4]errorWire{{V13, V13, vendorONF, 2309, 0}, {V14, V15, 0, 17, 9}}},
	ErrBundleFailedMsgUnsup:              {"OFPBFC_MSG_UNSUP", [4]errorWire{{V13, V13, vendorONF, 2310, 0}, {V14, V15, 0, 17, 10}}},
	ErrBundleFailedMsgConflict:           {"OFPBFC_MSG_CONFLICT", [4]errorWire{{V13, V13, vendorONF, 2311, 0}, {V14, V15, 0, 17, 11}}},
	ErrBundleFailedMsgTooMany:            {"OFPBFC_MSG_TOO_MANY", [4]errorWire{{V13, V13, vendorONF, 2312, 0}, {V14, V15, 0, 17, 12}}},
	ErrBundleFailedMsgFailed:             {"OFPBFC_MSG_FAILED", [4]errorWire{{V13, V13, vendorONF, 2313, 0}, {V14, V15, 0, 17, 13}}},
	ErrBundleFailedTimeout:               {"OFPBFC_TIMEOUT", [4]errorWire{{V13, V13, vendorONF, 2314, 0}, {V14, V15, 0, 17, 14}}},
	ErrBundleFailedBundleInProgress:      {"OFPBFC_BUNDLE_IN_PROGRESS", [4]errorWire{{V13, V13, vendorONF, 2315, 0}, {V14, V15, 0, 17, 15}}},
	ErrBundleFailedSchedNotSupported:     {"OFPBFC_SCHED_NOT_SUPPORTED", [4]errorWire{{V15, V15, 0, 17, 16}}},
	ErrBundleFailedSchedFuture:           {"OFPBFC_SCHED_FUTURE", [4]errorWire{{V15, V15, 0, 17, 17}}},
	ErrBundleFailedSchedPast:             {"OFPBFC_SCHED_PAST", [4]errorWire{{V15, V15, 0, 17, 18}}},
	ErrBundleFailedBadVersion:            {"OFPBFC_BAD_VERSION", [4]errorWire{{V14, V15, vendorNX, 22, 0}}},
	ErrFlowMonitorFailedUnknown:          {"OFPMOFC_UNKNOWN", [4]errorWire{{V14, V15, 0, 16, 0}}},
	ErrFlowMonitorFailedMonitorExists:    {"OFPMOFC_MONITOR_EXISTS", [4]errorWire{{V10, V11, vendorNX, 1, 517}, {V12, V13, vendorNX, 6, 0}, {V14, V15, 0, 16, 1}}},
	ErrFlowMonitorFailedInvalidMonitor:   {"OFPMOFC_INVALID_MONITOR", [4]errorWire{{V14, V15, 0, 16, 2}}},
	ErrFlowMonitorFailedUnknownMonitor:   {"OFPMOFC_UNKNOWN_MONITOR", [4]errorWire{{V10, V11, vendorNX, 1, 519}, {V12, V13, vendorNX, 8, 0}, {V14, V15, 0, 16, 3}}},
	ErrFlowMonitorFailedBadCommand:       {"OFPMOFC_BAD_COMMAND", [4]errorWire{{V14, V15, 0, 16, 4}}},
	ErrFlowMonitorFailedBadFlags:         {"OFPMOFC_BAD_FLAGS", [4]errorWire{{V10, V11, vendorNX, 1, 518}, {V12, V13, vendorNX, 7, 0}, {V14, V15, 0, 16, 5}}},
	ErrFlowMonitorFailedBadTableID:       {"OFPMOFC_BAD_TABLE_ID", [4]errorWire{{V14, V15, 0, 16, 6}}},
	ErrFlowMonitorFailedBadOut:           {"OFPMOFC_BAD_OUT", [4]errorWire{{V14, V15, 0, 16, 7}}},
	ErrTLVTableModFailedBadCommand:       {"NXTTMFC_BAD_COMMAND", [4]errorWire{{V10, V11, vendorNX, 1, 527}, {V12, V15, vendorNX, 16, 0}}},
	ErrTLVTableModFailedBadOptLen:        {"NXTTMFC_BAD_OPT_LEN", [4]errorWire{{V10, V11, vendorNX, 1, 528}, {V12, V15, vendorNX, 17, 0}}},
	ErrTLVTableModFailedBadFieldIdx:      {"NXTTMFC_BAD_FIELD_IDX", [4]errorWire{{V10, V11, vendorNX, 1, 529}, {V12, V15, vendorNX, 18, 0}}},
	ErrTLVTableModFailedTableFull:        {"NXTTMFC_TABLE_FULL", [4]errorWire{{V10, V11, vendorNX, 1, 530}, {V12, V15, vendorNX, 19, 0}}},
	ErrTLVTableModFailedAlreadyMapped:    {"NXTTMFC_ALREADY_MAPPED", [4]errorWire{{V10, V11, vendorNX, 1, 531}, {V12, V15, vendorNX, 20, 0}}},
	ErrTLVTableModFailedDupEntry:         {"NXTTMFC_DUP_ENTRY", [4]errorWire{{V10, V11, vendorNX, 1, 532}, {V12, V15, vendorNX, 21, 0}}},
	ErrTLVTableModFailedInvalidTLVDel:    {"NXTTMFC_INVALID_TLV_DEL", [4]errorWire{{V10, V11, vendorNX, 1, 537}, {V12, V15, vendorNX, 38, 0}}},
	ErrResumeNotSupported:                {"NXR_NOT_SUPPORTED", [4]errorWire{{V10, V11, vendorNX, 1, 533}, {V12, V15, vendorNX, 34, 0}}},
	ErrResumeStale:                       {"NXR_STALE", [4]errorWire{{V10, V11, vendorNX, 1, 534}, {V12, V15, vendorNX, 35, 0}}},
	ErrStatsNotConfigured:                {"NXST_NOT_CONFIGURED", [4]errorWire{{V10, V11, vendorNX, 1, 535}, {V12, V15, vendorNX, 36, 0}}},
	ErrBadRequestMultipartBufferOverflow: {"OFPBRC_MULTIPART_BUFFER_OVERFLOW", [4]errorWire{{V13, V15, 0, 1, 13}}},
	ErrBadRequestMultipartRequestTimeout: {"OFPBRC_MULTIPART_REQUEST_TIMEOUT", [4]errorWire{{V13, V13, vendorONF, 2640, 0}, {V14, V15, 0, 1, 14}}},
	ErrBadRequestMultipartReplyTimeout:   {"OFPBRC_MULTIPART_REPLY_TIMEOUT", [4]errorWire{{V13, V13, vendorONF, 2641, 0}, {V14, V15, 0, 1, 15}}},
}
