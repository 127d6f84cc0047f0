namespace Handoff.Litmus.Witnesses;

/// <summary>What a cache may do with a line at any moment.</summary>
internal enum CacheMove
{
    None,
    Fetch,
    Drop,
    WriteBack,
}
