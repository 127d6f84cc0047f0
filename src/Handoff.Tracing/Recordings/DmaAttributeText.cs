using System.Globalization;

namespace Handoff.Tracing.Recordings;

/// <summary>Attribute bits as text.</summary>
public static class DmaAttributeText
{
    private static readonly (DmaAttributes Bit, string Name)[] Names =
    [
        (DmaAttributes.WeakOrdering, "WEAK_ORDERING"),
        (DmaAttributes.WriteCombine, "WRITE_COMBINE"),
        (DmaAttributes.NoKernelMapping, "NO_KERNEL_MAPPING"),
        (DmaAttributes.SkipCpuSync, "SKIP_CPU_SYNC"),
        (DmaAttributes.ForceContiguous, "FORCE_CONTIGUOUS"),
        (DmaAttributes.AllocSinglePages, "ALLOC_SINGLE_PAGES"),
        (DmaAttributes.NoWarn, "NO_WARN"),
        (DmaAttributes.Privileged, "PRIVILEGED"),
        (DmaAttributes.Mmio, "MMIO"),
        (DmaAttributes.DebuggingIgnoreCachelines, "DEBUGGING_IGNORE_CACHELINES"),
        (DmaAttributes.RequireCoherent, "REQUIRE_COHERENT"),
        (DmaAttributes.CcShared, "CC_SHARED"),
        (DmaAttributes.AllocCcShared, "ALLOC_CC_SHARED"),
    ];

    /// <summary>Names joined by <c>|</c>, as the newest kernels print them; bits without a name as one hexadecimal number; nothing for none.</summary>
    public static string Of(DmaAttributes attributes)
    {
        string text = "";
        foreach (var (bit, name) in Names)
        {
            if ((attributes & bit) == 0)
                continue;
            attributes &= ~bit;
            text += text.Length == 0 ? name : "|" + name;
        }

        if (attributes == DmaAttributes.None)
            return text;
        string rest = "0x" + ((ulong)attributes).ToString("x", CultureInfo.InvariantCulture);
        return text.Length == 0 ? rest : text + "|" + rest;
    }
}
