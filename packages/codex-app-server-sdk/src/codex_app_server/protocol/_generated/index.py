"""Where each exported name is defined.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""

from __future__ import annotations

from typing import Final

NAMES: Final[dict[str, str]] = {
    "_base": """
        JsonValue OpenEnum WireModel WireUnion
    """,
    "_generated.account": """
        Account AccountLoginCompletedNotification AccountRateLimitsUpdatedNotification
        AccountRoutingOverride AccountTokenUsageDailyBucket AccountTokenUsageSummary
        AccountUpdatedNotification AddCreditsNudgeCreditType AddCreditsNudgeEmailStatus
        AmazonBedrockAccessKeysLoginAccountParams AmazonBedrockAccount AmazonBedrockLoginAccountParams
        AmazonBedrockLoginAccountResponse ApiKeyAccount ApiKeyLoginAccountParams
        ApiKeyLoginAccountResponse AuthMode AwsCredentialType BedrockAwsProfile
        BedrockCheckGovCloudRequirementsParams BedrockCheckGovCloudRequirementsResponse
        BedrockDiscoverParams BedrockDiscoverResponse BedrockEnvironmentCredential BedrockSetupParams
        BedrockSetupResponse CancelLoginAccountParams CancelLoginAccountResponse CancelLoginAccountStatus
        ChatgptAccount ChatgptAuthTokensLoginAccountParams ChatgptAuthTokensLoginAccountResponse
        ChatgptDeviceCodeLoginAccountParams ChatgptDeviceCodeLoginAccountResponse
        ChatgptLoginAccountParams ChatgptLoginAccountResponse ConsumeAccountRateLimitResetCreditOutcome
        ConsumeAccountRateLimitResetCreditParams ConsumeAccountRateLimitResetCreditResponse
        CreditsSnapshot DesktopOnboardingEntrypoint EnvironmentBedrockSetupParams
        GatewayOAuthCancelResponse GatewayOAuthChangedNotification GatewayOAuthLoginResponse
        GatewayOAuthReadResponse GatewayOAuthStatus GetAccountParams GetAccountRateLimitsParams
        GetAccountRateLimitsResponse GetAccountResponse GetAccountTokenUsageParams
        GetAccountTokenUsageResponse GetWorkspaceMessagesResponse LoginAccountParams LoginAccountResponse
        LoginAppBrand LogoutAccountResponse NullableGetAccountRateLimitsParams
        NullableGetAccountTokenUsageParams PlanType ProfileBedrockSetupParams RateLimitReachedType
        RateLimitResetCredit RateLimitResetCreditStatus RateLimitResetCreditsSummary RateLimitResetType
        RateLimitSnapshot RateLimitWindow SendAddCreditsNudgeEmailParams SendAddCreditsNudgeEmailResponse
        SpendControlLimitSnapshot ThreadUsage ThreadUsageBreakdownGroup UserVerificationCancelParams
        UserVerificationCancelResponse UserVerificationDeleteParams UserVerificationDeleteResponse
        UserVerificationEnrollParams UserVerificationEnrollResponse UserVerificationProof
        UserVerificationRpcError UserVerificationStatusParams UserVerificationStatusResponse
        UserVerificationVerifyParams UserVerificationVerifyResponse WorkspaceMessage WorkspaceMessageType
        WorkspaceRouting
    """,
    "_generated.approvals": """
        AcceptWithExecpolicyAmendmentCommandExecutionApprovalDecision
        AcceptWithExecpolicyAmendmentCommandExecutionApprovalDecisionDetails AddFileChange
        AdditionalFileSystemPermissions AdditionalNetworkPermissions AdditionalPermissionProfile
        AnyCommandExecutionApprovalDecision AnyReviewDecision
        ApplyNetworkPolicyAmendmentCommandExecutionApprovalDecision
        ApplyNetworkPolicyAmendmentCommandExecutionApprovalDecisionDetails ApplyPatchApprovalParams
        ApplyPatchApprovalResponse ApplyPatchGuardianApprovalReviewAction
        ApprovedExecpolicyAmendmentReviewDecision ApprovedExecpolicyAmendmentReviewDecisionDetails
        AttestationGenerateParams AttestationGenerateResponse AutoReviewDecisionSource
        ChatgptAuthTokensRefreshParams ChatgptAuthTokensRefreshReason ChatgptAuthTokensRefreshResponse
        CommandExecutionApprovalDecision CommandExecutionApprovalKind
        CommandExecutionRequestApprovalParams CommandExecutionRequestApprovalResponse
        CommandGuardianApprovalReviewAction CurrentTimeReadParams CurrentTimeReadResponse DeleteFileChange
        DeniedReviewDecision DeniedReviewDecisionDetails DynamicToolCallParams DynamicToolCallResponse
        ExecCommandApprovalParams ExecCommandApprovalResponse ExecveGuardianApprovalReviewAction
        FileChange FileChangeApprovalDecision FileChangeRequestApprovalParams
        FileChangeRequestApprovalResponse FileSystemAccessMode FileSystemPath FileSystemSandboxEntry
        FileSystemSpecialPath FormMcpServerElicitationRequestParams GlobPatternFileSystemPath
        GrantedPermissionProfile GuardianApprovalReview GuardianApprovalReviewAction
        GuardianApprovalReviewStatus GuardianCommandSource GuardianRiskLevel GuardianUserAuthorization
        ItemGuardianApprovalReviewCompletedNotification ItemGuardianApprovalReviewStartedNotification
        ListFilesParsedCommand McpElicitationArrayType McpElicitationBooleanSchema
        McpElicitationBooleanType McpElicitationConstOption McpElicitationEnumSchema
        McpElicitationLegacyTitledEnumSchema McpElicitationMultiSelectEnumSchema
        McpElicitationNumberSchema McpElicitationNumberType McpElicitationObjectType
        McpElicitationPrimitiveSchema McpElicitationSchema McpElicitationSingleSelectEnumSchema
        McpElicitationStringFormat McpElicitationStringSchema McpElicitationStringType
        McpElicitationTitledEnumItems McpElicitationTitledMultiSelectEnumSchema
        McpElicitationTitledSingleSelectEnumSchema McpElicitationUntitledEnumItems
        McpElicitationUntitledMultiSelectEnumSchema McpElicitationUntitledSingleSelectEnumSchema
        McpServerElicitationAction McpServerElicitationRequestParams McpServerElicitationRequestResponse
        McpToolCallGuardianApprovalReviewAction MinimalFileSystemSpecialPath
        NetworkAccessGuardianApprovalReviewAction NetworkApprovalContext NetworkApprovalProtocol
        NetworkPolicyAmendment NetworkPolicyAmendmentReviewDecision
        NetworkPolicyAmendmentReviewDecisionDetails NetworkPolicyRuleAction
        OpenaiFormMcpServerElicitationRequestParams OpenaiSlashFormMcpServerElicitationRequestParams
        OpenaiUserVerificationMcpServerElicitationRequestParams ParsedCommand PathFileSystemPath
        PermissionGrantScope PermissionsRequestApprovalParams PermissionsRequestApprovalResponse
        ProjectRootsFileSystemSpecialPath ReadParsedCommand RequestPermissionProfile
        RequestPermissionsGuardianApprovalReviewAction ReviewDecision RootFileSystemSpecialPath
        SearchParsedCommand SlashTmpFileSystemSpecialPath SpecialFileSystemPath
        StrictReviewRequiredNotification TmpdirFileSystemSpecialPath ToolRequestUserInputAnswer
        ToolRequestUserInputOption ToolRequestUserInputParams ToolRequestUserInputQuestion
        ToolRequestUserInputResponse UnknownFileSystemSpecialPath UnknownParsedCommand UpdateFileChange
        UrlMcpServerElicitationRequestParams WriteStdinGuardianApprovalReviewAction
    """,
    "_generated.config": """
        AgentConfiguredHookHandler AllowDenyRequirement AnalyticsConfig ApplicationNetworkRequirements
        ApplicationRequirements AppsConfig AppsDefaultConfig AutoCompactTokenLimitScope
        AutoReviewRequirements BrowserUseAccessApprovalLifetime BrowserUseConfig
        BrowserUseExtensionRequirements BrowserUseOriginPolicy BrowserUseOriginPolicyConfig
        BrowserUseRequirements CliAuthCredentialsStoreMode CollaborationModeListParams
        CollaborationModeListResponse CollaborationModeMask CommandConfiguredHookHandler ComputerUseConfig
        ComputerUseMacosConfig ComputerUseMacosRequirements ComputerUseRequirements
        ComputerUseWindowsConfig ComputerUseWindowsExeConfig ComputerUseWindowsExeRequirement
        ComputerUseWindowsRequirements Config ConfigBatchWriteParams ConfigEdit ConfigLayer
        ConfigLayerMetadata ConfigLayerSource ConfigReadParams ConfigReadResponse ConfigRequirements
        ConfigRequirementsReadResponse ConfigValueWriteParams ConfigWarningNotification
        ConfigWriteResponse ConfiguredHookHandler ConfiguredHookMatcherGroup
        EnterpriseManagedConfigLayerSource ExperimentalFeature ExperimentalFeatureEnablementSetParams
        ExperimentalFeatureEnablementSetResponse ExperimentalFeatureListParams
        ExperimentalFeatureListResponse ExperimentalFeatureStage FeedbackRequirements ForcedLoginMethod
        InAppBrowserRequirements LegacyManagedConfigTomlFromFileConfigLayerSource
        LegacyManagedConfigTomlFromMdmConfigLayerSource ManagedHooksRequirements McpServerRefreshResponse
        McpToolConfiguredHookHandler MdmConfigLayerSource MergeStrategy ModelsRequirements
        NetworkDomainPermission NetworkRequirements NetworkUnixSocketPermission NewThreadModelDefaults
        OverriddenMetadata PackagedDefaultsConfigLayerSource PermissionProfileListParams
        PermissionProfileListResponse PermissionProfileSummary ProjectConfigLayerSource
        PromptConfiguredHookHandler RequestHeader ResidencyRequirement SandboxWorkspaceWrite
        SessionFlagsConfigLayerSource SystemConfigLayerSource TextPosition TextRange ToolsV2
        UserConfigLayerSource Verbosity WebSearchContextSize WebSearchLocation WebSearchMode
        WebSearchToolConfig WindowsSandboxImplementation WriteStatus
    """,
    "_generated.extensions": """
        AgentHookMetadata AppBranding AppInfo AppListUpdatedNotification AppMetadata AppReview
        AppScreenshot AppToolSummary AppsInstalledParams AppsInstalledResponse AppsListParams
        AppsListResponse AppsReadParams AppsReadResponse CommandHookMetadata ConnectorMetadata
        HookCompletedNotification HookErrorInfo HookExecutionMode HookHandlerType HookMetadata
        HookOutputEntry HookOutputEntryKind HookRunStatus HookRunSummary HookScope HookSource
        HookStartedNotification HookTrustStatus HooksListEntry HooksListParams HooksListResponse
        InstalledApp McpToolHookMetadata PromptHookMetadata SkillDependencies SkillErrorInfo SkillMetadata
        SkillScope SkillToolDependency SkillsChangedNotification SkillsConfigWriteParams
        SkillsConfigWriteResponse SkillsExtraRootsSetParams SkillsExtraRootsSetResponse SkillsListEntry
        SkillsListParams SkillsListResponse
    """,
    "_generated.external_agents": """
        CommandMigration ExternalAgentConfigDetectParams ExternalAgentConfigDetectResponse
        ExternalAgentConfigImportCompletedNotification ExternalAgentConfigImportHistoriesReadResponse
        ExternalAgentConfigImportHistory ExternalAgentConfigImportHistoryRecordParams
        ExternalAgentConfigImportHistoryRecordResponse ExternalAgentConfigImportHistoryRecordSuccessParams
        ExternalAgentConfigImportHistoryRecordTypeResultParams ExternalAgentConfigImportItemTypeFailure
        ExternalAgentConfigImportItemTypeSuccess ExternalAgentConfigImportParams
        ExternalAgentConfigImportProgressNotification ExternalAgentConfigImportResponse
        ExternalAgentConfigImportTypeResult ExternalAgentConfigMigrationItem
        ExternalAgentConfigMigrationItemType ExternalAgentDetectedConnectorCandidate
        ExternalAgentDetectedConnectorSource ExternalAgentImportedConnectorCandidate
        ExternalAgentImportedConnectorSource HookMigration McpServerMigration MigrationDetails
        PluginsMigration SessionMigration SkillMigration SubagentMigration
    """,
    "_generated.files": """
        FsChangedNotification FsCopyParams FsCopyResponse FsCreateDirectoryParams
        FsCreateDirectoryResponse FsGetMetadataParams FsGetMetadataResponse FsReadDirectoryEntry
        FsReadDirectoryParams FsReadDirectoryResponse FsReadFileParams FsReadFileResponse FsRemoveParams
        FsRemoveResponse FsUnwatchParams FsUnwatchResponse FsWatchParams FsWatchResponse FsWriteFileParams
        FsWriteFileResponse FuzzyFileSearchMatchType FuzzyFileSearchParams FuzzyFileSearchResponse
        FuzzyFileSearchResult FuzzyFileSearchSessionCompletedNotification
        FuzzyFileSearchSessionStartParams FuzzyFileSearchSessionStartResponse
        FuzzyFileSearchSessionStopParams FuzzyFileSearchSessionStopResponse
        FuzzyFileSearchSessionUpdateParams FuzzyFileSearchSessionUpdateResponse
        FuzzyFileSearchSessionUpdatedNotification
    """,
    "_generated.general": """
        AppConfig AppLinkConfig AppLinksConfig AppToolConfig AppToolsConfig ClientInfo
        DeprecationNoticeNotification FeedbackUploadParams FeedbackUploadResponse
        GuardianWarningNotification InitializeCapabilities InitializeParams InitializeResponse
        JSONRPCError JSONRPCErrorError JSONRPCMessage JSONRPCNotification JSONRPCRequest JSONRPCResponse
        MemoryResetResponse MemoryStatusParams MemoryStatusResponse MockExperimentalMethodParams
        MockExperimentalMethodResponse RolloutCompressResponse ServerDiagnosticsGauge
        ServerDiagnosticsParams ServerDiagnosticsProcess ServerDiagnosticsResponse
        ServerRequestResolvedNotification ToolExposureSurface W3cTraceContext WarningNotification
    """,
    "_generated.mcp": """
        BlobResourceContent ListMcpServerStatusParams ListMcpServerStatusResponse McpAuthStatus
        McpResourceReadParams McpResourceReadResponse McpResourceReadTarget McpServerConnectionStatus
        McpServerEventNotification McpServerEventStreamNotification McpServerEventStreamStartParams
        McpServerEventStreamStartResponse McpServerEventStreamStopParams McpServerEventStreamStopResponse
        McpServerInfo McpServerOauthClientRegistration McpServerOauthLoginCompletedNotification
        McpServerOauthLoginParams McpServerOauthLoginResponse McpServerStartupFailureReason
        McpServerStartupState McpServerStatus McpServerStatusDetail McpServerStatusUpdatedNotification
        McpServerToolCallParams McpServerToolCallResponse Resource ResourceContent ResourceTemplate
        TextResourceContent Tool
    """,
    "_generated.methods": """
        SCHEMA_VERSION
    """,
    "_generated.models": """
        AuthRecoveryNotification InputModality Model ModelAccessPrograms ModelAvailabilityNux
        ModelListParams ModelListResponse ModelProviderCapabilitiesReadParams
        ModelProviderCapabilitiesReadResponse ModelRerouteReason ModelReroutedNotification
        ModelSafetyBufferingUpdatedNotification ModelServiceTier ModelUpgradeInfo ModelVerification
        ModelVerificationNotification MultiAgentVersion ReasoningEffortOption
    """,
    "_generated.plugins": """
        AppSummary AppTemplateSummary AppTemplateUnavailableReason DailyScheduledTaskSchedule
        GitPluginSource HourlyScheduledTaskSchedule LocalPluginSource MarketplaceAddParams
        MarketplaceAddResponse MarketplaceInterface MarketplaceLoadErrorInfo MarketplaceRemoveParams
        MarketplaceRemoveResponse MarketplaceUpgradeErrorInfo MarketplaceUpgradeParams
        MarketplaceUpgradeResponse NpmPluginSource PluginAuthPolicy PluginAvailability PluginDetail
        PluginDisabledReason PluginHookSummary PluginInstallParams PluginInstallPolicy
        PluginInstallPolicySource PluginInstallResponse PluginInstalledParams PluginInstalledResponse
        PluginInterface PluginListMarketplaceKind PluginListParams PluginListResponse
        PluginMarketplaceEntry PluginReadParams PluginReadResponse PluginReconcileChangedPlugin
        PluginReconcileParams PluginReconcileResponse PluginSearchParams PluginSearchResponse
        PluginSearchResult PluginSearchScope PluginShareCheckoutParams PluginShareCheckoutResponse
        PluginShareContext PluginShareDeleteParams PluginShareDeleteResponse PluginShareDiscoverability
        PluginShareListItem PluginShareListParams PluginShareListResponse PluginSharePrincipal
        PluginSharePrincipalRole PluginSharePrincipalType PluginShareSaveParams PluginShareSaveResponse
        PluginShareTarget PluginShareTargetRole PluginShareUpdateDiscoverability
        PluginShareUpdateTargetsParams PluginShareUpdateTargetsResponse PluginSkillReadParams
        PluginSkillReadResponse PluginSource PluginSummary PluginUninstallParams PluginUninstallResponse
        RemotePluginSource ScheduledTaskSchedule ScheduledTaskSummary ScheduledTaskWeekday SkillSummary
        WeekdaysScheduledTaskSchedule WeeklyScheduledTaskSchedule
    """,
    "_generated.processes": """
        CommandExecOutputDeltaNotification CommandExecOutputStream CommandExecParams
        CommandExecResizeParams CommandExecResizeResponse CommandExecResponse CommandExecTerminalSize
        CommandExecTerminateParams CommandExecTerminateResponse CommandExecWriteParams
        CommandExecWriteResponse EnvironmentAddParams EnvironmentAddResponse EnvironmentInfoParams
        EnvironmentInfoResponse EnvironmentShellInfo EnvironmentSkillsParams EnvironmentStatusKind
        EnvironmentStatusParams EnvironmentStatusResponse ProcessExitedNotification ProcessKillParams
        ProcessKillResponse ProcessOutputDeltaNotification ProcessOutputStream ProcessResizePtyParams
        ProcessResizePtyResponse ProcessSpawnParams ProcessSpawnResponse ProcessTerminalSize
        ProcessWriteStdinParams ProcessWriteStdinResponse WindowsSandboxReadiness
        WindowsSandboxReadinessResponse WindowsSandboxSetupCompletedNotification WindowsSandboxSetupMode
        WindowsSandboxSetupStartParams WindowsSandboxSetupStartResponse
        WindowsWorldWritableWarningNotification
    """,
    "_generated.projects": """
        Project ProjectChangeType ProjectChangedNotification ProjectCreateParams ProjectCreateResponse
        ProjectDeleteParams ProjectDeleteResponse ProjectImportParams ProjectImportResponse
        ProjectListParams ProjectListResponse ProjectMoveParams ProjectMoveResponse ProjectReadParams
        ProjectReadResponse ProjectRoot ProjectSortKey ProjectUpdateParams ProjectUpdateResponse
        ThreadSectionCreateParams ThreadSectionCreateResponse ThreadSectionDeleteParams
        ThreadSectionDeleteResponse ThreadSectionListParams ThreadSectionListResponse
        ThreadSectionUpdateParams ThreadSectionUpdateResponse
    """,
    "_generated.realtime": """
        CodexResponseHandoffMode ConversationTextRole ExistingCallThreadRealtimeStartTransport
        RealtimeConversationVersion RealtimeOutputModality RealtimeVoice RealtimeVoicesList
        ThreadRealtimeAppendAudioParams ThreadRealtimeAppendAudioResponse ThreadRealtimeAppendSpeechParams
        ThreadRealtimeAppendSpeechResponse ThreadRealtimeAppendTextParams ThreadRealtimeAppendTextResponse
        ThreadRealtimeAudioChunk ThreadRealtimeClosedNotification ThreadRealtimeErrorNotification
        ThreadRealtimeInitialItem ThreadRealtimeItemAddedNotification
        ThreadRealtimeItemCompletedNotification ThreadRealtimeItemStartedNotification
        ThreadRealtimeItemTranscriptDeltaNotification ThreadRealtimeListVoicesParams
        ThreadRealtimeListVoicesResponse ThreadRealtimeOutputAudioDeltaNotification
        ThreadRealtimeSdpNotification ThreadRealtimeStartParams ThreadRealtimeStartResponse
        ThreadRealtimeStartTransport ThreadRealtimeStartedNotification ThreadRealtimeStopParams
        ThreadRealtimeStopResponse ThreadRealtimeTranscriptDeltaNotification
        ThreadRealtimeTranscriptDoneNotification WebrtcThreadRealtimeStartTransport
        WebsocketThreadRealtimeStartTransport
    """,
    "_generated.remote_control": """
        NullableRemoteControlDisableParams NullableRemoteControlEnableParams RemoteControlClient
        RemoteControlClientsListOrder RemoteControlClientsListParams RemoteControlClientsListResponse
        RemoteControlClientsRevokeParams RemoteControlClientsRevokeResponse RemoteControlConnectionStatus
        RemoteControlDisableParams RemoteControlDisableResponse RemoteControlEnableParams
        RemoteControlEnableResponse RemoteControlPairingStartParams RemoteControlPairingStartResponse
        RemoteControlPairingStatusParams RemoteControlPairingStatusResponse
        RemoteControlStatusChangedNotification RemoteControlStatusReadResponse
    """,
    "_generated.shared": """
        AppToolApproval BemItemPromotedThreadRealtimeItem CancelledUserVerificationErrorDetails
        FailedUserVerificationErrorDetails HookEventName InlineMarkdownThreadRealtimeBemItemPresentation
        InlineVisualizationThreadRealtimeBemItemPresentation InvalidRequestUserVerificationErrorDetails
        RealtimeSessionClosedThreadRealtimeItem RealtimeSessionStartedThreadRealtimeItem
        ResponseUsageMetadata SkillInterface ThreadRealtimeBemItemPresentation ThreadRealtimeItem
        ThreadRealtimeSessionOutcome ThreadRealtimeTranscriptRole TranscriptSegmentThreadRealtimeItem
        UnavailableUserVerificationErrorDetails UserVerificationCancellationReason
        UserVerificationErrorDetails UserVerificationFailureReason UserVerificationInvalidRequestReason
        UserVerificationUnavailableReason WholeItemThreadRealtimeBemItemPresentation
    """,
    "_generated.thread_extras": """
        CompletedThreadPredictionResult ContextCompactedNotification EnvironmentConnectionNotification
        FailedThreadPredictionResult QueuedSubmission ReadThreadReadStateOperation
        ThreadApproveGuardianDeniedActionParams ThreadApproveGuardianDeniedActionResponse
        ThreadArchiveParams ThreadArchiveResponse ThreadAttachment ThreadAttachmentAddOutcome
        ThreadAttachmentAddParams ThreadAttachmentAddResponse ThreadAttachmentListParams
        ThreadAttachmentListResponse ThreadAttachmentOperation ThreadAttachmentOwner
        ThreadAttachmentOwnerListParams ThreadAttachmentOwnerListResponse ThreadAttachmentRemoveParams
        ThreadAttachmentRemoveResponse ThreadAttachmentUpdatedNotification ThreadBackgroundTerminal
        ThreadBackgroundTerminalsCleanParams ThreadBackgroundTerminalsCleanResponse
        ThreadBackgroundTerminalsListParams ThreadBackgroundTerminalsListResponse
        ThreadBackgroundTerminalsTerminateParams ThreadBackgroundTerminalsTerminateResponse
        ThreadCompactStartParams ThreadCompactStartResponse ThreadDecrementElicitationParams
        ThreadDecrementElicitationResponse ThreadDeleteParams ThreadDeleteResponse
        ThreadDeletedNotification ThreadGoal ThreadGoalClearParams ThreadGoalClearResponse
        ThreadGoalClearedNotification ThreadGoalGetParams ThreadGoalGetResponse ThreadGoalMutationOrigin
        ThreadGoalSetParams ThreadGoalSetResponse ThreadGoalStatus ThreadGoalUpdatedNotification
        ThreadIncrementElicitationParams ThreadIncrementElicitationResponse ThreadLoadedListParams
        ThreadLoadedListResponse ThreadMemoryMode ThreadMemoryModeSetParams ThreadMemoryModeSetResponse
        ThreadMetadataGitInfoUpdateParams ThreadMetadataUpdateParams ThreadMetadataUpdateResponse
        ThreadPredictionRequestParams ThreadPredictionRequestResponse ThreadPredictionResult
        ThreadPredictionUpdatedNotification ThreadProjectUpdatedNotification ThreadQueueAddParams
        ThreadQueueAddResponse ThreadQueueChangedNotification ThreadQueueDeleteParams
        ThreadQueueDeleteResponse ThreadQueueListParams ThreadQueueListResponse ThreadQueueReorderParams
        ThreadQueueReorderResponse ThreadQueueStartParams ThreadQueueStartResponse ThreadQueueUpdateParams
        ThreadQueueUpdateResponse ThreadReadStateChangedNotification ThreadReadStateOperation
        ThreadReadStateUpdateParams ThreadReadStateUpdateResponse ThreadSearchOccurrence
        ThreadSearchOccurrencesParams ThreadSearchOccurrencesResponse ThreadSearchParams
        ThreadSearchResponse ThreadSearchResult ThreadSearchSortKey ThreadSearchTextRange
        ThreadSectionMoveParams ThreadSectionMoveResponse ThreadSettings ThreadSettingsUpdateParams
        ThreadSettingsUpdateResponse ThreadSettingsUpdatedNotification ThreadShellCommandParams
        ThreadShellCommandResponse ThreadUnarchiveParams ThreadUnarchiveResponse ThreadUnsubscribeParams
        ThreadUnsubscribeResponse ThreadUnsubscribeStatus UnreadThreadReadStateOperation
    """,
    "_generated.thread_history": """
        AdditionalToolsResponseItem AgentMessageInputContent AgentMessageResponseItem
        CompactionResponseItem CompactionTriggerResponseItem ConfigurationReasoning
        ConfigurationUpdateResponseItem ContentItem ContextCompactionResponseItem
        CustomToolCallOutputResponseItem CustomToolCallResponseItem
        EncryptedContentAgentMessageInputContent ExecLocalShellAction
        FindInPageResponsesApiWebSearchAction FunctionCallOutputResponseItem FunctionCallResponseItem
        ImageGenerationCallResponseItem InputAudioContentItem InputImageContentItem
        InputTextAgentMessageInputContent InputTextContentItem InternalChatMessageMetadataPassthrough
        ItemThreadItemsListAnchor ItemThreadTimelineEntry LocalShellAction LocalShellCallResponseItem
        LocalShellStatus MessageResponseItem OpenPageResponsesApiWebSearchAction OtherResponseItem
        OtherResponsesApiWebSearchAction OutputTextContentItem RawResponseCompletedNotification
        RawResponseItemCompletedNotification RealtimeThreadTimelineEntry ReasoningItemContent
        ReasoningItemReasoningSummary ReasoningResponseItem ReasoningTextReasoningItemContent ResponseItem
        ResponsesApiWebSearchAction SearchResponsesApiWebSearchAction
        SummaryTextReasoningItemReasoningSummary TextReasoningItemContent ThreadInjectItemsParams
        ThreadInjectItemsResponse ThreadItemEntry ThreadItemsListAnchor ThreadItemsListCursor
        ThreadItemsListParams ThreadItemsListResponse ThreadItemsReadParams ThreadItemsReadResponse
        ThreadResumeInitialTurnsPageParams ThreadResumeParams ThreadResumeResponse ThreadRevertParams
        ThreadRevertResponse ThreadRevertedNotification ThreadTimelineEntry ThreadTimelineListParams
        ThreadTimelineListResponse ThreadTurnsListParams ThreadTurnsListResponse
        ToolSearchCallResponseItem ToolSearchOutputResponseItem TurnCompletedThreadTimelineEntry
        TurnStartedThreadTimelineEntry TurnsPage WebSearchCallResponseItem
    """,
    "_generated.threads": """
        ActivePermissionProfile ActiveThreadStatus AnySessionSource AnySubAgentSource
        CapabilityRootLocation CustomSessionSource DynamicToolNamespaceTool DynamicToolSpec
        EnvironmentCapabilityRootLocation FunctionDynamicToolNamespaceTool FunctionDynamicToolSpec GitInfo
        IdleThreadStatus NamespaceDynamicToolSpec NotLoadedThreadStatus OtherSubAgentSource SandboxMode
        SelectedCapabilityRoot SessionSource SortDirection SubAgentSessionSource SubAgentSource
        SystemErrorThreadStatus Thread ThreadActiveFlag ThreadArchivedNotification
        ThreadClosedNotification ThreadEnvironment ThreadExtra ThreadForkParams ThreadForkResponse
        ThreadHistoryMode ThreadListParams ThreadListResponse ThreadNameUpdatedNotification
        ThreadReadParams ThreadReadResponse ThreadReadState ThreadSection ThreadSectionAppearance
        ThreadSetNameParams ThreadSetNameResponse ThreadSortKey ThreadSourceKind ThreadSpawnSubAgentSource
        ThreadSpawnSubAgentSourceDetails ThreadStartParams ThreadStartResponse ThreadStartSource
        ThreadStartThreadUnreadPosition ThreadStartedNotification ThreadStatus
        ThreadStatusChangedNotification ThreadUnarchivedNotification ThreadUnreadPosition
        TurnThreadUnreadPosition
    """,
    "_generated.turn_requests": """
        AdditionalContextEntry AdditionalContextKind AnyAskForApproval AnyMultiAgentMode ApprovalsReviewer
        AskForApproval BaseBranchReviewTarget CollaborationMode CommitReviewTarget CustomMultiAgentMode
        CustomReviewTarget CyberAccessProgram DangerFullAccessSandboxPolicy ExternalSandboxSandboxPolicy
        GranularAskForApproval GranularAskForApprovalDetails ModeKind MultiAgentMode NetworkAccess
        Personality ReadOnlySandboxPolicy ReasoningSummary ReviewDelivery ReviewStartParams
        ReviewStartResponse ReviewTarget SandboxPolicy Settings TurnEnvironmentParams TurnInterruptParams
        TurnInterruptResponse TurnSettingsUpdateParams TurnSettingsUpdateResponse TurnSettingsUpdateStatus
        TurnStartParams TurnStartResponse TurnSteerParams TurnSteerResponse TurnToolOutput
        UncommittedChangesReviewTarget WorkspaceWriteSandboxPolicy
    """,
    "_generated.turns": """
        AbsolutePathBuf ActiveTurnNotSteerableCodexErrorInfo ActiveTurnNotSteerableCodexErrorInfoDetails
        AddPatchChangeKind AgentMessageDelivery AgentMessageDeltaNotification AgentMessageThreadItem
        AgentPath AnyCodexErrorInfo AsyncUserInputQuestion AudioUserInput ByteRange CodexErrorInfo
        CollabAgentState CollabAgentStatus CollabAgentTool CollabAgentToolCallStatus
        CollabAgentToolCallThreadItem CommandAction CommandExecutionOutputDeltaNotification
        CommandExecutionSource CommandExecutionStatus CommandExecutionThreadItem
        ContextCompactionThreadItem DeletePatchChangeKind DynamicToolCallOutputContentItem
        DynamicToolCallStatus DynamicToolCallThreadItem EncryptedContentFunctionCallOutputContentItem
        EnteredReviewModeThreadItem ErrorNotification ExitedReviewModeThreadItem
        FileChangeOutputDeltaNotification FileChangePatchUpdatedNotification FileChangeThreadItem
        FileUpdateChange FindInPageWebSearchAction ForcedChatgptWorkspaceIds FunctionCallOutputBody
        FunctionCallOutputContentItem FunctionCallOutputThreadItem HookPromptFragment HookPromptThreadItem
        HttpConnectionFailedCodexErrorInfo HttpConnectionFailedCodexErrorInfoDetails ImageDetail
        ImageGenerationFailure ImageGenerationThreadItem ImageUserInput ImageViewThreadItem
        InputAudioDynamicToolCallOutputContentItem InputAudioFunctionCallOutputContentItem
        InputImageDynamicToolCallOutputContentItem InputImageFunctionCallOutputContentItem
        InputTextDynamicToolCallOutputContentItem InputTextFunctionCallOutputContentItem
        ItemCompletedNotification ItemStartedNotification LegacyAppPathString ListFilesCommandAction
        LocalAudioUserInput LocalImageUserInput McpAppDisplayMode McpAppUi McpToolCallAppContext
        McpToolCallError McpToolCallProgressNotification McpToolCallResult McpToolCallStatus
        McpToolCallThreadItem MemoryCitation MemoryCitationEntry MentionUserInput MessagePhase
        MisalignmentErrorDetails MisalignmentSteer NonSteerableTurnKind OpenPageWebSearchAction
        OtherWebSearchAction PatchApplyStatus PatchChangeKind PathUri PlanDeltaNotification PlanThreadItem
        ReadCommandAction ReasoningEffort ReasoningSummaryPartAddedNotification
        ReasoningSummaryTextDeltaNotification ReasoningTextDeltaNotification ReasoningThreadItem RequestId
        ResponseStreamConnectionFailedCodexErrorInfo ResponseStreamConnectionFailedCodexErrorInfoDetails
        ResponseStreamDisconnectedCodexErrorInfo ResponseStreamDisconnectedCodexErrorInfoDetails
        ResponseTooManyFailedAttemptsCodexErrorInfo ResponseTooManyFailedAttemptsCodexErrorInfoDetails
        SearchCommandAction SearchWebSearchAction SkillUserInput SleepThreadItem SubAgentActivityKind
        SubAgentActivityThreadItem TerminalInteractionNotification TextElement TextUserInput ThreadId
        ThreadItem ThreadListCwdFilter ThreadSource ThreadTokenUsage ThreadTokenUsageUpdatedNotification
        TokenUsageBreakdown Turn TurnCompletedNotification TurnDiffUpdatedNotification TurnError
        TurnItemsView TurnModerationMetadataNotification TurnPlanStep TurnPlanStepStatus
        TurnPlanUpdatedNotification TurnStartedNotification TurnStatus UnknownCommandAction
        UpdatePatchChangeKind UsageLimitExceededImageGenerationFailure UserInput UserMessageThreadItem
        WebSearchAction WebSearchThreadItem
    """,
    "_methods": """
        ClientMethod client_methods notification_model params_model result_model
        server_request_params_model server_request_result_model
    """,
}
"""By module: its names."""

MODULE_OF: Final = {name: module for module, names in NAMES.items() for name in names.split()}
"""By name: its module."""
