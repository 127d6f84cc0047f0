using System.Globalization;
using System.Text;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>Writes ftrace text of events that never happened. Times are microseconds.</summary>
internal sealed class TraceText
{
    private readonly StringBuilder _text = new("# tracer: nop\n#\n");

    public int Cpu { get; set; }

    public int Pid { get; set; } = 7;

    public long Time { get; set; } = 1_000_000;

    public override string ToString() => _text.ToString();

    public TraceText Line(string payload)
    {
        _text.Append(CultureInfo.InvariantCulture, $"            task-{Pid,-6} [{Cpu:d3}] ..... {Time / 1_000_000,5}.{Time % 1_000_000:d6}: {payload}\n");
        Time++;
        return this;
    }

    public TraceText Lost(int cpu, int count)
    {
        _text.Append(CultureInfo.InvariantCulture, $"CPU:{cpu} [LOST {count} EVENTS]\n");
        return this;
    }

    public TraceText Bounce(string device, ulong address, ulong size, ulong mask = 0xffffffff, bool force = false) =>
        Line($"swiotlb_bounced: dev_name: {device} dma_mask={mask:x} dev_addr={address:x} size={size} {(force ? "FORCE" : "NORMAL")}");

    public TraceText Map(string device, ulong dma, ulong phys, ulong size, string direction = "FROM_DEVICE", string attributes = "") =>
        Line($"dma_map_page: {device} dir={direction} dma_addr={dma:x} size={size} phys_addr={phys:x} attrs={attributes}");

    public TraceText Unmap(string device, ulong dma, ulong size, string direction = "FROM_DEVICE", string attributes = "") =>
        Line($"dma_unmap_page: {device} dir={direction} dma_addr={dma:x} size={size} attrs={attributes}");

    public TraceText Sync(string device, bool forCpu, ulong dma, ulong size, string direction = "FROM_DEVICE") =>
        Line($"dma_sync_single_for_{(forCpu ? "cpu" : "device")}: {device} dir={direction} dma_addr={dma:x} size={size}");

    /// <summary>A bounced map that succeeds.</summary>
    public TraceText Bounced(string device, ulong dma, ulong phys, ulong size, string direction = "FROM_DEVICE", ulong mask = 0xffffffff, bool force = false, string attributes = "", ulong? bounced = null) =>
        Bounce(device, bounced ?? phys, size, mask, force).Map(device, dma, phys, size, direction, attributes);

    /// <summary>A bounced map that fails.</summary>
    public TraceText Fails(string device, ulong phys, ulong size, string direction = "FROM_DEVICE", ulong mask = 0xffffffff, bool force = false) =>
        Bounce(device, phys, size, mask, force).Map(device, ulong.MaxValue, phys, size, direction);

    public TraceText MapSg(string device, ulong[] dma, ulong[] phys, uint[] lengths, string direction = "FROM_DEVICE", int? nents = null, string attributes = "")
    {
        int all = nents ?? phys.Length;
        string cut = all > phys.Length ? " [TRUNCATED]" : "";
        return Line($"dma_map_sg: {device} dir={direction} nents={phys.Length}/{all} ents={dma.Length}/{(all > phys.Length ? all : dma.Length)}{cut} dma_addrs={Array(dma)} sizes={Array([.. lengths.Select(static l => (ulong)l)])} phys_addrs={Array(phys)} attrs={attributes}");
    }

    public TraceText UnmapSg(string device, ulong[] phys, string direction = "FROM_DEVICE", string attributes = "") =>
        Line($"dma_unmap_sg: {device} dir={direction} phys_addrs={Array(phys)} attrs={attributes}");

    private static string Array(ulong[] values) => "{" + string.Join(',', values.Select(static v => $"0x{v:x}")) + "}";
}
