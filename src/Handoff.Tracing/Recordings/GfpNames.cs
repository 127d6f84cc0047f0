namespace Handoff.Tracing.Recordings;

/// <summary>Allocation flags that text recordings print by name, as the numbers that binary recordings hold.</summary>
/// <remarks>Kernel: <c>show_gfp_flags()</c>; numbers as of 6.12. Names without a number here add nothing.</remarks>
internal static class GfpNames
{
    /// <summary>The flag that lets an allocation wait: <c>__GFP_DIRECT_RECLAIM</c>.</summary>
    public const uint DirectReclaim = 0x400;

    private const uint Kernel = 0xcc0;

    /// <summary>Numbers of <c>GFP_KERNEL|__GFP_NOWARN</c> and the like; 0 if none is known.</summary>
    public static uint Parse(ReadOnlySpan<byte> names)
    {
        uint flags = 0;
        while (!names.IsEmpty)
        {
            int end = names.IndexOf((byte)'|');
            flags |= Of(end < 0 ? names : names[..end]);
            names = end < 0 ? default : names[(end + 1)..];
        }

        return flags;
    }

    private static uint Of(ReadOnlySpan<byte> name) => name switch
    {
        _ when name.SequenceEqual("GFP_KERNEL"u8) => Kernel,
        _ when name.SequenceEqual("GFP_KERNEL_ACCOUNT"u8) => Kernel | 0x40_0000,
        _ when name.SequenceEqual("GFP_USER"u8) => Kernel | 0x10_0000,
        _ when name.SequenceEqual("GFP_HIGHUSER"u8) => Kernel | 0x10_0002,
        _ when name.SequenceEqual("GFP_HIGHUSER_MOVABLE"u8) => Kernel | 0x10_000a,
        _ when name.SequenceEqual("GFP_ATOMIC"u8) => 0x820,
        _ when name.SequenceEqual("GFP_NOWAIT"u8) => 0x2800, // it does not warn, as recordings show
        _ when name.SequenceEqual("GFP_NOIO"u8) => 0xc00,
        _ when name.SequenceEqual("GFP_NOFS"u8) => 0xc40,
        _ when name.SequenceEqual("GFP_DMA"u8) || name.SequenceEqual("__GFP_DMA"u8) => 0x01,
        _ when name.SequenceEqual("__GFP_HIGHMEM"u8) => 0x02,
        _ when name.SequenceEqual("GFP_DMA32"u8) || name.SequenceEqual("__GFP_DMA32"u8) => 0x04,
        _ when name.SequenceEqual("__GFP_HIGH"u8) => 0x20,
        _ when name.SequenceEqual("__GFP_IO"u8) => 0x40,
        _ when name.SequenceEqual("__GFP_FS"u8) => 0x80,
        _ when name.SequenceEqual("__GFP_ZERO"u8) => 0x100,
        _ when name.SequenceEqual("__GFP_DIRECT_RECLAIM"u8) => DirectReclaim,
        _ when name.SequenceEqual("__GFP_KSWAPD_RECLAIM"u8) => 0x800,
        _ when name.SequenceEqual("__GFP_RECLAIM"u8) => 0xc00,
        _ when name.SequenceEqual("__GFP_NOWARN"u8) => 0x2000,
        _ => 0,
    };
}
