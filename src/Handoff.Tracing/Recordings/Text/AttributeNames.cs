using System.Globalization;

namespace Handoff.Tracing.Recordings.Text;

/// <summary>The names kernels print for attribute bits.</summary>
internal static class AttributeNames
{
    internal static bool TryParse(ReadOnlySpan<byte> text, out DmaAttributes attributes)
    {
        attributes = DmaAttributes.None;
        var ok = true;
        while (!text.IsEmpty)
        {
            var bar = text.IndexOf((byte)'|');
            var name = bar < 0 ? text : text[..bar];
            text = bar < 0 ? default : text[(bar + 1)..];
            var bit = Bit(name);
            if (bit == DmaAttributes.None)
            {
                if (name.StartsWith("0x"u8) && ulong.TryParse(name[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
                    bit = (DmaAttributes)number;
                else
                    ok = false;
            }

            attributes |= bit;
        }

        return ok;
    }

    private static DmaAttributes Bit(ReadOnlySpan<byte> name) => name switch
    {
        _ when name.SequenceEqual("WEAK_ORDERING"u8) => DmaAttributes.WeakOrdering,
        _ when name.SequenceEqual("WRITE_COMBINE"u8) => DmaAttributes.WriteCombine,
        _ when name.SequenceEqual("NO_KERNEL_MAPPING"u8) => DmaAttributes.NoKernelMapping,
        _ when name.SequenceEqual("SKIP_CPU_SYNC"u8) => DmaAttributes.SkipCpuSync,
        _ when name.SequenceEqual("FORCE_CONTIGUOUS"u8) => DmaAttributes.ForceContiguous,
        _ when name.SequenceEqual("ALLOC_SINGLE_PAGES"u8) => DmaAttributes.AllocSinglePages,
        _ when name.SequenceEqual("NO_WARN"u8) => DmaAttributes.NoWarn,
        _ when name.SequenceEqual("PRIVILEGED"u8) => DmaAttributes.Privileged,
        _ when name.SequenceEqual("MMIO"u8) => DmaAttributes.Mmio,
        _ when name.SequenceEqual("CACHE_CLEAN"u8) || name.SequenceEqual("CACHELINES_OVERLAP"u8) || name.SequenceEqual("DEBUGGING_IGNORE_CACHELINES"u8) => DmaAttributes.DebuggingIgnoreCachelines,
        _ when name.SequenceEqual("REQUIRE_COHERENT"u8) => DmaAttributes.RequireCoherent,
        _ when name.SequenceEqual("CC_SHARED"u8) => DmaAttributes.CcShared,
        _ when name.SequenceEqual("ALLOC_CC_SHARED"u8) => DmaAttributes.AllocCcShared,
        _ => DmaAttributes.None,
    };
}
