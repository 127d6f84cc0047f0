using Handoff.Pages;
using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Probe;

/// <summary>The probe's deliberate mistakes: what each one does to the data.</summary>
internal sealed class MisuseCases(ProbeLog log, ProbeBench bench)
{
    private const ulong Size = 4096;
    private const ulong Oversize = 256UL << 20;
    private PhysicalAddress? _buffer;
    private bool _bounced;
    private DmaAddress _last;

    /// <summary>The device that the mistakes are made on.</summary>
    public string DeviceName { get; init; } = "";

    public void Judge(ProbeLine line)
    {
        _buffer ??= bench.Invent(high: true, Size);
        if (DeviceName.Length == 0 || _buffer is not { } buffer)
        {
            log.Explain([line], "the log begins or ends in the middle of this case");
            return;
        }

        Device device = bench.Device(DeviceName);
        string? result = line.Text("what") switch
        {
            "read-before-sync" => ReadBeforeSync(device, buffer),
            "write-after-map" => WriteAfterMap(device, buffer),
            "unmap-skip-sync" => UnmapSkipSync(device, buffer),
            "double-map" => DoubleMap(device, buffer, line),
            "sync-cpu-wrong-dir" => SyncWrongDirection(device, buffer),
            "unmap-short" => UnmapShort(device, buffer),
            "leak" => Leak(device, line),
            "unchecked" => Unchecked(device, buffer),
            "sync-after-unmap" => SyncAfterUnmap(device),
            "oversize-sgt" => $" ok={(bench.Layer.AllocNoncontiguous(device, Oversize, DmaDirection.Bidirectional, GfpFlags.Kernel | GfpFlags.NoWarn, DmaAttributes.None, out _) is null ? 0 : 1)}",
            "oversize-pages" => $" ok={(bench.Layer.AllocPages(device, Oversize, DmaDirection.Bidirectional, GfpFlags.Kernel | GfpFlags.NoWarn) is null ? 0 : 1)}",
            _ => null,
        };
        if (result is null)
            log.Explain([line], "not a line this program knows");
        else
            log.Compare(line, $"misuse n={line.Case} what={line.Text("what")}{result}");
    }

    private static int Flag(bool value) => value ? 1 : 0;

    private DmaAddress Map(Device device, PhysicalAddress buffer, DmaDirection direction) => bench.Layer.MapPhys(device, buffer, Size, direction);

    private string ReadBeforeSync(Device device, PhysicalAddress buffer)
    {
        DmaAddress dma = Map(device, buffer, DmaDirection.FromDevice);
        if (!dma.IsMapped)
            return " (nothing: the map fails)";
        _bounced = bench.Reach(device, dma) != buffer;
        bench.Bytes(buffer, Size).Fill(0x5a);
        bench.Fill(bench.Reach(device, dma), Size, 0x22);
        string result = $" bounced={Flag(_bounced)} cpu_sees={bench.Same(buffer, Size, 0x22)}";
        bench.Layer.UnmapPhys(device, dma, Size, DmaDirection.FromDevice);
        return result;
    }

    private string WriteAfterMap(Device device, PhysicalAddress buffer)
    {
        bench.Fill(buffer, Size, 0x11);
        DmaAddress dma = Map(device, buffer, DmaDirection.ToDevice);
        bench.Fill(buffer, Size, 0x33);
        string result = $" bounced={Flag(_bounced)} device_sees_new={bench.Same(bench.Reach(device, dma), Size, 0x33)}";
        bench.Layer.UnmapPhys(device, dma, Size, DmaDirection.ToDevice);
        return result;
    }

    private string UnmapSkipSync(Device device, PhysicalAddress buffer)
    {
        bench.Bytes(buffer, Size).Fill(0x5a);
        DmaAddress dma = Map(device, buffer, DmaDirection.FromDevice);
        bench.Fill(bench.Reach(device, dma), Size, 0x22);
        bench.Layer.UnmapPhys(device, dma, Size, DmaDirection.FromDevice, DmaAttributes.SkipCpuSync);
        return $" bounced={Flag(_bounced)} cpu_sees={bench.Same(buffer, Size, 0x22)}";
    }

    private string DoubleMap(Device device, PhysicalAddress buffer, ProbeLine line)
    {
        DmaAddress first = Map(device, buffer, DmaDirection.Bidirectional), second = Map(device, buffer, DmaDirection.Bidirectional);
        bench.Fill(bench.Reach(device, first), Size, 0x22);
        if (_bounced)
            bench.Fill(bench.Reach(device, second), Size, 0x33);
        bench.Layer.UnmapPhys(device, second, Size, DmaDirection.Bidirectional);
        bench.Layer.UnmapPhys(device, first, Size, DmaDirection.Bidirectional);
        return $" bounced={Flag(_bounced)} dma1={Place(device, line, "dma1", first, buffer)} dma2={Place(device, line, "dma2", second, buffer)} "
            + $"sees_first={bench.Same(buffer, Size, 0x22)} sees_second={bench.Same(buffer, Size, 0x33)}";
    }

    private string SyncWrongDirection(Device device, PhysicalAddress buffer)
    {
        bench.Bytes(buffer, Size).Fill(0x5a);
        DmaAddress dma = Map(device, buffer, DmaDirection.Bidirectional);
        bench.Fill(bench.Reach(device, dma), Size, 0x22);
        bench.Layer.SyncSingleForCpu(device, dma, Size, DmaDirection.ToDevice);
        string result = $" bounced={Flag(_bounced)} cpu_sees={bench.Same(buffer, Size, 0x22)}";
        bench.Layer.UnmapPhys(device, dma, Size, DmaDirection.Bidirectional);
        return result;
    }

    private string UnmapShort(Device device, PhysicalAddress buffer)
    {
        const ulong part = 1024;
        bench.Bytes(buffer, Size).Fill(0x5a);
        DmaAddress dma = Map(device, buffer, DmaDirection.FromDevice);
        bench.Fill(bench.Reach(device, dma), Size, 0x22);
        bench.Layer.UnmapPhys(device, dma, part, DmaDirection.FromDevice);
        return $" bounced={Flag(_bounced)} cpu_sees_1024={bench.Same(buffer, part, 0x22)} cpu_sees_4096={bench.Same(buffer, Size, 0x22)}";
    }

    private string Leak(Device device, ProbeLine line)
    {
        PhysicalAddress leaked = line.Hex("phys") is { } physical && bench.IsMemory(new(physical), Size) ? new(physical) : bench.Invent(high: true, Size)!.Value;
        DmaAddress dma = Map(device, leaked, DmaDirection.FromDevice);
        return $" phys={ProbeBench.Hex(leaked.Value)} dma={Place(device, line, "dma", dma, leaked)} err={(int)bench.Layer.MappingError(device, dma)}";
    }

    private string Unchecked(Device device, PhysicalAddress buffer)
    {
        _last = Map(device, buffer, DmaDirection.ToDevice);
        bench.Layer.UnmapPhys(device, _last, Size, DmaDirection.ToDevice);
        return "";
    }

    /// <summary>The probe does this only where nothing bounces.</summary>
    private string SyncAfterUnmap(Device device)
    {
        if (_bounced)
            return " (nothing: the buffer bounces)";
        bench.Layer.SyncSingleForCpu(device, _last, Size, DmaDirection.ToDevice);
        return "";
    }

    private string Place(Device device, ProbeLine line, string name, DmaAddress dma, PhysicalAddress buffer) =>
        bench.Reach(device, dma) != buffer && line.Hex(name) is { } slot && bench.IsPlausibleSlot(device, new(slot), buffer, Size) ? line.Text(name) : ProbeBench.Hex(dma.Value);
}
