using System.Collections.Frozen;

namespace Handoff.Litmus.Language;

/// <summary>The kernel's constants that calls take: directions, attributes, allocation flags, sync flags.</summary>
public static class ApiConstants
{
    private static readonly FrozenDictionary<string, DmaDirection> s_directions = new Dictionary<string, DmaDirection>
    {
        ["DMA_BIDIRECTIONAL"] = DmaDirection.Bidirectional,
        ["DMA_TO_DEVICE"] = DmaDirection.ToDevice,
        ["DMA_FROM_DEVICE"] = DmaDirection.FromDevice,
        ["DMA_NONE"] = DmaDirection.None,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, DmaAttributes> s_attributes = new Dictionary<string, DmaAttributes>
    {
        ["DMA_ATTR_WEAK_ORDERING"] = DmaAttributes.WeakOrdering,
        ["DMA_ATTR_WRITE_COMBINE"] = DmaAttributes.WriteCombine,
        ["DMA_ATTR_NO_KERNEL_MAPPING"] = DmaAttributes.NoKernelMapping,
        ["DMA_ATTR_SKIP_CPU_SYNC"] = DmaAttributes.SkipCpuSync,
        ["DMA_ATTR_FORCE_CONTIGUOUS"] = DmaAttributes.ForceContiguous,
        ["DMA_ATTR_ALLOC_SINGLE_PAGES"] = DmaAttributes.AllocSinglePages,
        ["DMA_ATTR_NO_WARN"] = DmaAttributes.NoWarn,
        ["DMA_ATTR_PRIVILEGED"] = DmaAttributes.Privileged,
        ["DMA_ATTR_OVERWRITE"] = DmaAttributes.Overwrite,
        ["DMA_ATTR_MMIO"] = DmaAttributes.Mmio,
        ["DMA_ATTR_CPU_CACHE_CLEAN"] = DmaAttributes.DebuggingIgnoreCachelines,
        ["DMA_ATTR_DEBUGGING_IGNORE_CACHELINES"] = DmaAttributes.DebuggingIgnoreCachelines,
        ["DMA_ATTR_REQUIRE_COHERENT"] = DmaAttributes.RequireCoherent,
        ["DMA_ATTR_CC_SHARED"] = DmaAttributes.CcShared,
        ["DMA_ATTR_NO_BOUNCE"] = DmaAttributes.NoBounce,
        ["DMA_ATTR_SHARED"] = DmaAttributes.Shared,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, DmaBufSyncFlags> s_syncFlags = new Dictionary<string, DmaBufSyncFlags>
    {
        ["DMA_BUF_SYNC_START"] = DmaBufSyncFlags.Start,
        ["DMA_BUF_SYNC_END"] = DmaBufSyncFlags.End,
        ["DMA_BUF_SYNC_READ"] = DmaBufSyncFlags.Read,
        ["DMA_BUF_SYNC_WRITE"] = DmaBufSyncFlags.Write,
        ["DMA_BUF_SYNC_RW"] = DmaBufSyncFlags.Read | DmaBufSyncFlags.Write,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, GfpFlags> s_gfp = new Dictionary<string, GfpFlags>
    {
        ["GFP_KERNEL"] = GfpFlags.Kernel,
        ["GFP_ATOMIC"] = GfpFlags.Atomic,
        ["GFP_NOWAIT"] = GfpFlags.Atomic,
        ["GFP_DMA"] = GfpFlags.Dma,
        ["GFP_DMA32"] = GfpFlags.Dma32,
        ["__GFP_NOWARN"] = GfpFlags.NoWarn,
        ["__GFP_COMP"] = GfpFlags.Compound,
    }.ToFrozenDictionary();

    /// <summary>The names that a role accepts, for hints.</summary>
    internal static IEnumerable<string> NamesFor(ParameterRole role) => role switch
    {
        ParameterRole.Direction => s_directions.Keys.Order(StringComparer.Ordinal),
        ParameterRole.Attributes => s_attributes.Keys.Order(StringComparer.Ordinal),
        ParameterRole.SyncFlags => s_syncFlags.Keys.Order(StringComparer.Ordinal),
        ParameterRole.Gfp => s_gfp.Keys.Order(StringComparer.Ordinal),
        ParameterRole.Ioctl => ["DMA_BUF_IOCTL_SYNC"],
        _ => [],
    };

    /// <summary>Every known constant.</summary>
    internal static IEnumerable<string> AllNames =>
        s_directions.Keys.Concat(s_attributes.Keys).Concat(s_syncFlags.Keys).Concat(s_gfp.Keys).Append("DMA_BUF_IOCTL_SYNC");

    /// <summary>Whether a name has the form of a kernel constant; such names cannot be declared.</summary>
    internal static bool IsConstantName(string name) =>
        name.StartsWith("DMA_", StringComparison.Ordinal) || name.StartsWith("GFP_", StringComparison.Ordinal) || name.StartsWith("__GFP_", StringComparison.Ordinal);

    /// <summary>What a known constant is for, or <see langword="null"/>.</summary>
    internal static ParameterRole? RoleOf(string name) =>
        s_directions.ContainsKey(name) ? ParameterRole.Direction
        : s_attributes.ContainsKey(name) ? ParameterRole.Attributes
        : s_syncFlags.ContainsKey(name) ? ParameterRole.SyncFlags
        : s_gfp.ContainsKey(name) ? ParameterRole.Gfp
        : name == "DMA_BUF_IOCTL_SYNC" ? ParameterRole.Ioctl
        : null;

    /// <summary>What an argument of constants is for, judged by its first name; unknown names are judged by their prefix.</summary>
    internal static ParameterRole? RoleOf(FlagsArgument flags)
    {
        if (flags.Names.IsDefaultOrEmpty)
            return null;
        string first = flags.Names[0].Text;
        return RoleOf(first) ?? (first.StartsWith("DMA_ATTR_", StringComparison.Ordinal) ? ParameterRole.Attributes
            : first.StartsWith("DMA_BUF_SYNC", StringComparison.Ordinal) ? ParameterRole.SyncFlags
            : first.StartsWith("DMA_BUF_", StringComparison.Ordinal) ? ParameterRole.Ioctl
            : first.Contains("GFP_", StringComparison.Ordinal) ? ParameterRole.Gfp
            : ParameterRole.Direction);
    }

    /// <summary>The direction of an argument, or <see langword="null"/>.</summary>
    internal static DmaDirection? Direction(Argument? argument) =>
        argument is FlagsArgument { Names: [var name] } && s_directions.TryGetValue(name.Text, out DmaDirection direction) ? direction : null;

    /// <summary>The attributes of an argument; a plain number is taken as bits.</summary>
    internal static DmaAttributes Attributes(Argument? argument) => argument switch
    {
        NumberArgument number => (DmaAttributes)number.Value,
        FlagsArgument flags => flags.Names.Aggregate(DmaAttributes.None, (all, name) => all | s_attributes.GetValueOrDefault(name.Text)),
        _ => DmaAttributes.None,
    };

    /// <summary>The sync flags of an argument.</summary>
    internal static DmaBufSyncFlags SyncFlags(Argument? argument) =>
        argument is FlagsArgument flags ? flags.Names.Aggregate(DmaBufSyncFlags.Start, (all, name) => all | s_syncFlags.GetValueOrDefault(name.Text)) : default;

    /// <summary>The allocation flags of an argument.</summary>
    internal static GfpFlags Gfp(Argument? argument) =>
        argument is FlagsArgument flags ? flags.Names.Aggregate(GfpFlags.Kernel, (all, name) => all | s_gfp.GetValueOrDefault(name.Text)) : default;
}
