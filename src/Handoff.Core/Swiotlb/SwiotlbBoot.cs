using Handoff.Kernels;
using Handoff.Logging;

namespace Handoff.Swiotlb;

/// <summary>Whether a machine gets a bounce pool at boot, how large, and where.</summary>
/// <remarks>
/// Kernel: <c>swiotlb_init_remap()</c> (<c>kernel/dma/swiotlb.c</c>) and its callers, <c>pci-dma.c</c> on x86 and
/// <c>mm/init.c</c> on arm64, 6.12.
/// </remarks>
internal static class SwiotlbBoot
{
    private const string Prefix = "software IO TLB: ";

    public static SwiotlbAllocator? Create(Machine machine, KernelSwitches kernel, KernelLog log)
    {
        SwiotlbParameter parameter = SwiotlbParameter.Parse(machine.SwiotlbParameter);
        bool guest = machine.Encryption == MemoryEncryption.Guest;
        if (parameter.NoForce || !(IsNeeded(machine, kernel) || parameter.Force))
            return null;
        bool forcedByGuest = guest && kernel.CcShared != CcShared.Explicit
            && (machine.Architecture == Architecture.X86_64 || kernel.Arm64RealmGuests);
        bool force = parameter.Force || forcedByGuest;

        // An area count on the command line may raise the size before the architecture adjusts it; without one, the processors do after.
        uint slots = parameter.Slots ?? SwiotlbConstants.DefaultSlots;
        int areas = !kernel.Areas ? 1 : SwiotlbParameter.RoundAreas(parameter.Areas ?? machine.Cpus);
        bool early = kernel.Areas && parameter.Areas is not null;
        if (early)
            slots = RoundForAreas(log, slots, areas);
        if (slots == SwiotlbConstants.DefaultSlots && AdjustedSlots(machine, kernel, slots) is var adjusted && adjusted != slots)
        {
            log.Write(KernelLogLevel.Info, null, $"{Prefix}SWIOTLB bounce buffer size adjusted to {adjusted >> 9}MB");
            slots = early ? Rounded(log, adjusted, areas) : adjusted;
        }

        if (kernel.Areas && !early)
            slots = RoundForAreas(log, slots, areas);
        return Place(machine, kernel, log, slots, areas, force);
    }

    private static uint RoundForAreas(KernelLog log, uint slots, int areas)
    {
        log.Write(KernelLogLevel.Info, null, $"{Prefix}area num {areas}.");
        return Rounded(log, slots, areas);
    }

    private static uint Rounded(KernelLog log, uint slots, int areas)
    {
        uint rounded = SwiotlbParameter.RoundSlots(slots, areas);
        if (rounded != slots)
            log.Write(KernelLogLevel.Info, null, $"{Prefix}SWIOTLB bounce buffer size roundup to {rounded >> 9}MB");
        return rounded;
    }

    private static bool IsNeeded(Machine machine, KernelSwitches kernel)
    {
        if (machine.Encryption != MemoryEncryption.None)
            return true;
        return machine.Architecture == Architecture.X86_64
            ? machine.Ram.End.Value > 1UL << 32
            : IsZoneBouncingNeeded(machine) || kernel.KmallocBounce;
    }

    private static bool IsZoneBouncingNeeded(Machine machine) => machine.Ram.End.Value > machine.Zones.LowLimit + 1;

    private static uint AdjustedSlots(Machine machine, KernelSwitches kernel, uint slots)
    {
        ulong bytes;
        if (machine.Architecture == Architecture.X86_64)
        {
            if (machine.Encryption != MemoryEncryption.Guest)
                return slots;
            bytes = Math.Clamp(machine.Ram.TotalSize * 6 / 100, 64UL << 20, 1UL << 30);
        }
        else
        {
            if (IsZoneBouncingNeeded(machine) || !kernel.SmallKmallocPool || machine.Encryption == MemoryEncryption.Guest)
                return slots;
            bytes = Math.Min((ulong)slots << SwiotlbConstants.SlotShift, (machine.Ram.TotalSize + 1023) / 1024);
        }

        return (uint)Align.Up(Align.Up(bytes, SwiotlbConstants.SlotSize) >> SwiotlbConstants.SlotShift, SwiotlbConstants.SegmentSlots);
    }

    private static SwiotlbAllocator? Place(Machine machine, KernelSwitches kernel, KernelLog log, uint slots, int areas, bool force)
    {
        uint wanted = slots;
        int limited = SwiotlbParameter.LimitAreas(areas, (int)slots);
        while (Find(machine, (ulong)slots << SwiotlbConstants.SlotShift) is var start)
        {
            if (start is { } found)
            {
                if (slots != wanted)
                    log.Write(KernelLogLevel.Info, null, $"{Prefix}adjusted {wanted} -> {slots} slabs");
                var pool = new SwiotlbPool(found, (int)slots, limited);
                log.Write(KernelLogLevel.Info, null, $"{Prefix}mapped [mem 0x{pool.Start.Value:x16}-0x{pool.End.Value:x16}] ({pool.Size >> 20}MB)");
                return new SwiotlbAllocator("swiotlb", pool, force, dynamic: kernel.DynamicPools, canGrow: kernel.DynamicPools)
                {
                    PhysicalLimit = machine.Zones.LowLimit,
                    DefaultAreas = areas,
                };
            }

            if (slots <= SwiotlbConstants.MinSlots)
                break;
            slots = (uint)Align.Up(slots / 2, SwiotlbConstants.SegmentSlots);
            limited = SwiotlbParameter.LimitAreas(limited, (int)slots);
        }

        log.Write(KernelLogLevel.Notice, null, $"{Prefix}No low mem");
        return null;
    }

    /// <summary>The highest page-aligned place below the low limit, under the contiguous memory area.</summary>
    private static PhysicalAddress? Find(Machine machine, ulong size)
    {
        if (machine.SwiotlbStart is { } given)
            return given;
        return EarlyMemory.PoolPlace(machine, size);
    }
}
