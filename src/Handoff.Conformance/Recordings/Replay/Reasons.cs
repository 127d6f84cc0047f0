namespace Handoff.Conformance.Recordings.Replay;

/// <summary>Why a recording does not determine an outcome.</summary>
internal static class Reasons
{
    public const string Order = "events of two CPUs (or of a task and an interrupt) overlap: in another legal order the engine gives the recorded result";
    public const string SameTime = "events of two CPUs carry the same time: which came first is not recorded, and in one order the engine gives the recorded result";
    public const string Hidden = "near slots whose addresses no event has (entries of a list beyond the 128 that are logged, lists that fail, devices behind an IOMMU)";
    public const string SearchStart = "where this area's search stood before the trace began, or before events were lost, is not recorded";
    public const string HeldBefore = "slots were held that the trace does not show: mapped before it began, or in events that were lost";
    public const string UnmapLost = "the event that freed these slots is missing: it was lost";
    public const string DecisionLost = "the decision to bounce is missing: it was made before the trace began, or was lost";
    public const string MappedBefore = "mapped before the trace began, or in events that were lost";
    public const string PageAllocator = "whether a block of pages is free is the page allocator's history";
    public const string PoolGrew = "a pool was added while this search ran: areas that it had passed already were not tried in the new pool";
    public const string PoolBefore = "in a pool that was added before the trace began, or while events were lost";
    public const string CutOff = "the trace ends before the map";
    public const string MaskHistory = "when the driver of this coherent device set its mask is not recorded";
}
