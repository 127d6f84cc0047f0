using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Handoff.Coherent;
using Handoff.Direct;
using Handoff.Kernels;
using Handoff.Logging;
using Handoff.Swiotlb;

namespace Handoff;

/// <summary>
/// The DMA-mapping layer of one booted machine: what drivers call. Makes the decisions of the kernel it is told to be, hands
/// out the same addresses, and acts on the memory it is given.
/// </summary>
/// <typeparam name="TMemory">What stands for memory, a struct: <see cref="RealMemory"/>, <see cref="CountingMemory"/>, or your own.</typeparam>
/// <remarks>
/// Mirrors <c>kernel/dma/mapping.c</c>, <c>direct.c</c> and <c>swiotlb.c</c> of Linux 6.12, with the differences of other kernels as
/// <see cref="KernelSwitches"/>. Maps, unmaps and syncs may run concurrently on several threads; set <see cref="CurrentCpu.Id"/> on each.
/// They allocate nothing. Failures return what the kernel returns; only wrong use of this API throws.
/// </remarks>
public sealed partial class DmaLayer<TMemory>
    where TMemory : struct, IMemory
{
    private readonly DirectRules _rules;
    private readonly KernelSwitches _kernel;
    private readonly uint _pageSize;
    private bool _mentionsEncryption; // until the first bounce

    /// <summary>Attributes that leave the fast path because this kernel knows them.</summary>
    private readonly DmaAttributes _special;

    /// <summary>Attributes that turn a bounce into a failure in this kernel.</summary>
    private readonly DmaAttributes _refusesBounce;

    private TMemory _memory;

    /// <summary>Boots a machine.</summary>
    /// <param name="machine">The hardware and command line.</param>
    /// <param name="kernel">Which kernel it runs.</param>
    /// <param name="memory">What stands for its memory.</param>
    /// <param name="log">Where messages go; a new log if omitted.</param>
    public DmaLayer(Machine machine, KernelProfile kernel, TMemory memory, KernelLog? log = null)
        : this(machine, kernel, memory, SwiotlbBoot.Create(machine, kernel.Switches, log ??= new KernelLog()), log)
    {
    }

    /// <summary>Boots a machine with a bounce allocator of the caller's making.</summary>
    /// <param name="machine">The hardware and command line.</param>
    /// <param name="kernel">Which kernel it runs.</param>
    /// <param name="memory">What stands for its memory.</param>
    /// <param name="swiotlb">The default bounce allocator; <see langword="null"/> for none.</param>
    /// <param name="log">Where messages go; a new log if omitted.</param>
    public DmaLayer(Machine machine, KernelProfile kernel, TMemory memory, SwiotlbAllocator? swiotlb, KernelLog? log = null)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(kernel);
        Machine = machine;
        Kernel = kernel;
        Log = log ?? new KernelLog();
        _memory = memory;
        _kernel = kernel.Switches;
        _pageSize = machine.PageSize;
        _mentionsEncryption = machine.Encryption != MemoryEncryption.None;
        Swiotlb = swiotlb;
        _rules = new DirectRules(machine, _kernel, Swiotlb is not null);
        Decrypted = new DecryptedMemory(machine);
        if (swiotlb is not null)
            Decrypted.Add(swiotlb.DefaultPool.Start, swiotlb.DefaultPool.Size);

        if (_kernel.MapPhys)
            _special |= DmaAttributes.Mmio;
        if (_kernel.RequireCoherent)
            (_special, _refusesBounce) = (_special | DmaAttributes.RequireCoherent, _refusesBounce | DmaAttributes.RequireCoherent);
        if (_kernel.CcShared != CcShared.Unknown)
            _special |= DmaAttributes.CcShared;
        if (_kernel.NoBounce != NoBounce.Unknown)
            _refusesBounce |= DmaAttributes.NoBounce | DmaAttributes.Shared;
        if (_kernel.NoBounce == NoBounce.ExportersToo)
            _refusesBounce |= DmaAttributes.SkipCpuSync;
    }

    /// <summary>The hardware.</summary>
    public Machine Machine { get; }

    /// <summary>The kernel.</summary>
    public KernelProfile Kernel { get; }

    /// <summary>The decisions of dma-direct on this machine.</summary>
    public DirectRules Rules => _rules;

    /// <summary>The default bounce allocator, or <see langword="null"/> if boot code made none.</summary>
    public SwiotlbAllocator? Swiotlb { get; }

    /// <summary>Which memory of an encrypted machine is shared with devices.</summary>
    public DecryptedMemory Decrypted { get; }

    /// <summary>What the kernel printed.</summary>
    public KernelLog Log { get; }

    /// <summary>The memory.</summary>
    public ref TMemory Memory => ref _memory;

    /// <summary>The bounce allocator that a device uses. Kernel: <c>dev->dma_io_tlb_mem</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SwiotlbAllocator? AllocatorOf(Device device) => device.RestrictedPool ?? Swiotlb;

    /// <summary>The reason for which a mapping would bounce, or <see cref="BounceReason.None"/>. Nothing is mapped.</summary>
    /// <inheritdoc cref="DirectRules.ReasonToBounce"/>
    public BounceReason ReasonToBounce(
        Device device, PhysicalAddress address, ulong size, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None) =>
        _rules.ReasonToBounce(device, AllocatorOf(device), address, size, direction, attributes);

    /// <summary>Whether a DMA address of the device lies in a bounce pool.</summary>
    /// <remarks>Kernel: <c>is_swiotlb_buffer()</c>, from 6.11 <c>swiotlb_find_pool()</c>.</remarks>
    public bool IsBounced(Device device, DmaAddress address) =>
        AllocatorOf(device)?.FindPool(device, _rules.ToPhysical(device, address)) is not null;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryBegin(Device device, DmaDirection direction) =>
        ((uint)direction <= (uint)DmaDirection.FromDevice && device.IsPlain) || TryBeginSlowly(device, direction);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryBeginSlowly(Device device, DmaDirection direction)
    {
        if ((uint)direction > (uint)DmaDirection.FromDevice)
            ThrowBadDirection(direction);
        if (device.BehindIommu)
            ThrowIommu(device);
        Log.WriteOnce("dma_mask", KernelLogLevel.Warning, device, "DMA mask not set");
        return false;
    }

    /// <summary>For calls that need no mask: unmaps and syncs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Expect(Device device, DmaDirection direction)
    {
        if ((uint)direction > (uint)DmaDirection.FromDevice)
            ThrowBadDirection(direction);
        if (device.BehindIommu)
            ThrowIommu(device);
    }

    [DoesNotReturn]
    private static void ThrowBadDirection(DmaDirection direction) =>
        throw new ArgumentOutOfRangeException(nameof(direction), direction, "A mapping needs TO_DEVICE, FROM_DEVICE or BIDIRECTIONAL (the kernel stops with BUG here).");

    [DoesNotReturn]
    private static void ThrowIommu(Device device) =>
        throw new NotSupportedException($"{device} is behind an IOMMU; only dma-direct is modelled. Use a device without one.");
}
