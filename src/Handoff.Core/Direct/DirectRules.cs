using System.Runtime.CompilerServices;
using Handoff.Kernels;
using Handoff.Swiotlb;

namespace Handoff.Direct;

/// <summary>The decisions of dma-direct: does a device reach a buffer, and must the buffer bounce.</summary>
/// <remarks>
/// Kernel: <c>dma_capable()</c>, <c>dma_kmalloc_needs_bounce()</c> and the conditions of <c>dma_direct_map_page()</c>
/// (<c>kernel/dma/direct.h</c>, <c>include/linux/dma-direct.h</c>, 6.12). Holds no state but the machine's and kernel's constants.
/// </remarks>
public sealed class DirectRules
{
    /// <summary>Bit n of the array: a mapping of n bytes may share a cache line with another kmalloc object.</summary>
    private readonly ulong[] _shortSizes = new ulong[4];

    private readonly ulong _encryptionMask;
    private readonly bool _kmallocBounce;
    private readonly bool _skipIsSafe;
    private readonly uint _shortLimit;

    /// <summary>Works out the constants.</summary>
    /// <param name="machine">The hardware.</param>
    /// <param name="kernel">The kernel's switches.</param>
    /// <param name="defaultPoolExists">Whether boot code made a bounce pool: kmalloc's smallest alignment depends on it.</param>
    public DirectRules(Machine machine, KernelSwitches kernel, bool defaultPoolExists)
    {
        Machine = machine;
        Kernel = kernel;
        _encryptionMask = machine.Encryption != MemoryEncryption.None && machine.Architecture == Architecture.X86_64
            ? 1UL << machine.EncryptionBit
            : 0;
        _kmallocBounce = kernel.KmallocBounce && machine.HasNonCoherentDevices;
        _skipIsSafe = kernel.KmallocBounceObeysSkip;
        _shortLimit = 2 * machine.DmaMinAlign;
        KmallocMinAlign = !kernel.KmallocBounce ? Math.Max(8, machine.DmaMinAlign)
            : _kmallocBounce && defaultPoolExists ? 8 : Math.Max(8, machine.DmaCacheAlignment);
        for (uint size = 1; size < _shortLimit;)
        {
            // All sizes of one class have objects of one size.
            uint next = Math.Min((uint)KmallocSizes.RoundUp(size) + 1, _shortLimit);
            bool isShort = KmallocSizes.RoundUp(size, KmallocMinAlign) % machine.DmaCacheAlignment != 0;
            for (; size < next; size++)
                _shortSizes[size >> 6] |= isShort ? 1UL << (int)(size & 63) : 0;
        }
    }

    /// <summary>The hardware.</summary>
    public Machine Machine { get; }

    /// <summary>The kernel's switches.</summary>
    public KernelSwitches Kernel { get; }

    /// <summary>
    /// Smallest alignment of a kmalloc object in bytes, as decided at boot. Where short buffers are not bounced (before 6.5) it is the
    /// architecture's <see cref="Machine.DmaMinAlign"/>, whatever the cache line of this machine.
    /// </summary>
    /// <remarks>Kernel: <c>ARCH_KMALLOC_MINALIGN</c>, from 6.5 also <c>dma_get_cache_alignment()</c>.</remarks>
    public uint KmallocMinAlign { get; }

    /// <summary>Whether the device snoops the CPU caches. Kernel: <c>dev_is_dma_coherent()</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsCoherent(Device device) => device.Coherent || !Machine.HasNonCoherentDevices;

    /// <summary>The DMA address of a physical address as the device uses it for ordinary memory. Kernel: <c>phys_to_dma()</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public DmaAddress ToDma(Device device, PhysicalAddress address) =>
        new(Translation.ToDmaUnencrypted(device, address).Value | _encryptionMask);

    /// <summary>The DMA address of decrypted memory. Kernel: <c>phys_to_dma_unencrypted()</c>.</summary>
    public static DmaAddress ToDmaUnencrypted(Device device, PhysicalAddress address) => Translation.ToDmaUnencrypted(device, address);

    /// <summary>The DMA address of memory from the kernel's own allocators. Kernel: <c>phys_to_dma_direct()</c>.</summary>
    public DmaAddress ToDmaDirect(Device device, PhysicalAddress address) =>
        ForcesUnencrypted(device) ? ToDmaUnencrypted(device, address) : ToDma(device, address);

    /// <summary>The physical address behind a DMA address; all ones if no window covers it. Kernel: <c>dma_to_phys()</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PhysicalAddress ToPhysical(Device device, DmaAddress address)
    {
        PhysicalAddress physical = Translation.ToPhysical(device, address);
        return _encryptionMask == 0 ? physical : new(physical.Value & ~_encryptionMask);
    }

    /// <summary>Whether the device sees only decrypted memory. Kernel: <c>force_dma_unencrypted()</c>.</summary>
    public bool ForcesUnencrypted(Device device) => Machine.Encryption switch
    {
        MemoryEncryption.Guest => Machine.Architecture == Architecture.X86_64 || Kernel.Arm64RealmGuests,
        MemoryEncryption.Host when Machine.Architecture == Architecture.X86_64 => device.CoherentLimit <= DmaMask.Bits(Machine.EncryptionBit),
        _ => false,
    };

    /// <summary>Whether the last byte of a mapping is within the device's reach. Kernel: <c>dma_capable()</c> with 64-bit DMA addresses.</summary>
    /// <remarks>The sum may wrap, as in the kernel; a wrapped end that is small counts as reachable.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsCapable(Device device, DmaAddress address, ulong size) =>
        address.IsMapped && unchecked(address.Value + size - 1) <= device.StreamingLimit;

    /// <summary>Whether a mapping of this length bounces because it may share a cache line. Kernel: <c>dma_kmalloc_needs_bounce()</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool NeedsKmallocBounce(Device device, ulong size, DmaDirection direction, DmaAttributes attributes) =>
        size < _shortLimit && _kmallocBounce && !device.Coherent && direction != DmaDirection.ToDevice
        && (_shortSizes[size >> 6] >> (int)(size & 63) & 1) != 0
        && !(_skipIsSafe && (attributes & DmaAttributes.SkipCpuSync) != 0);

    /// <summary>The reason for which this mapping must bounce, or <see cref="BounceReason.None"/>.</summary>
    /// <param name="device">The device.</param>
    /// <param name="allocator">The bounce allocator that the device uses, if any.</param>
    /// <param name="address">First byte of the buffer.</param>
    /// <param name="size">Bytes of the buffer.</param>
    /// <param name="direction">Direction of the mapping.</param>
    /// <param name="attributes">Attributes of the mapping.</param>
    /// <returns>
    /// The first reason in the kernel's order. A mapping that an attribute makes fail instead of bouncing (REQUIRE_COHERENT, NO_BOUNCE) still
    /// has its reason; one that can only fail or succeed (MMIO, CC_SHARED where it is refused) has none.
    /// </returns>
    /// <remarks>Kernel: the conditions of <c>dma_direct_map_phys()</c>.</remarks>
    public BounceReason ReasonToBounce(
        Device device, SwiotlbAllocator? allocator, PhysicalAddress address, ulong size, DmaDirection direction, DmaAttributes attributes)
    {
        bool forced = allocator is { ForceBounce: true };
        bool shared = Kernel.CcShared != CcShared.Unknown && (attributes & DmaAttributes.CcShared) != 0;
        if (Kernel.MapPhys && (attributes & DmaAttributes.Mmio) != 0)
            return BounceReason.None;
        if (shared && !forced && Kernel.CcShared == CcShared.ForcedDevicesOnly)
            return BounceReason.None;
        if (forced && !shared)
            return allocator!.ForAlloc ? BounceReason.RestrictedPool : BounceReason.Forced;
        if (Kernel.CcShared == CcShared.Explicit && !shared && ForcesUnencrypted(device))
            return BounceReason.Encrypted;
        DmaAddress dma = shared ? ToDmaUnencrypted(device, address) : ToDma(device, address);
        if (!Translation.ToDmaUnencrypted(device, address).IsMapped)
            return BounceReason.OutsideWindows;
        if (!IsCapable(device, dma, size))
        {
            ulong last = unchecked(dma.Value + size - 1);
            if (!shared && _encryptionMask != 0 && IsCapable(device, ToDmaUnencrypted(device, address), size))
                return BounceReason.Encrypted;
            return device.DmaMask is { } mask && mask != 0 && last > mask ? BounceReason.DeviceMask : BounceReason.BusLimit;
        }

        return NeedsKmallocBounce(device, size, direction, attributes) ? BounceReason.ShortBuffer : BounceReason.None;
    }
}
