using System.Text;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Tests;

public sealed class TextLineTests
{
    [Theory]
    [InlineData("          <idle>-0       [001] d.h2.     2.731203: dma_unmap_page: 0000:00:09.0 dir=TO_DEVICE dma_addr=104d93a80 size=48 attrs=", "<idle>", 0)]
    [InlineData(" a b-c: [x]-12      (  34) [001] d.h2.     2.731203: dma_unmap_page: 0000:00:09.0 dir=TO_DEVICE dma_addr=104d93a80 size=48 attrs=", "a b-c: [x]", 12)]
    [InlineData("            init-1     [001]     2.731203: dma_unmap_page:       0000:00:09.0 dir=TO_DEVICE dma_addr=104d93a80 size=48 attrs=", "init", 1)]
    [InlineData("    init-1         1d.h2. 2731203us+: dma_unmap_page: 0000:00:09.0 dir=TO_DEVICE dma_addr=104d93a80 size=48 attrs=", "init", 1)]
    [InlineData(" us-er 7-12345   1...1. 2731203us : dma_unmap_page: 0000:00:09.0 dir=TO_DEVICE dma_addr=104d93a80 size=48 attrs=", "us-er 7", 12345)]
    [InlineData("my task    42 [001]     2.731203: dma:dma_unmap_phys: 0000:00:09.0 dir=TO_DEVICE dma_addr=104d93a80 size=48 attrs=", "my task", 42)]
    [InlineData("my task    42 [001]     2.731203000:              dma:dma_unmap_page: 0000:00:09.0 dir=TO_DEVICE dma_addr=104d93a80 size=48 attrs=\r", "my task", 42)]
    public void Every_kind_of_text_line_is_understood(string line, string task, int pid)
    {
        using var reader = Open(line);
        DmaEvent e = default;
        Assert.True(reader.Read(ref e));
        Assert.Equal((DmaEventKind.UnmapPage, 2_731_203_000UL, 1, pid, 48UL), (e.Kind, e.Time, e.Cpu, e.Pid, e.Size));
        Assert.Equal(task, reader.TaskName(e));
        Assert.Equal("0000:00:09.0", reader.DeviceName(e));
        Assert.Equal(new DmaAddress(0x104d93a80), e.DmaAddress);
        Assert.Equal(DmaDirection.ToDevice, e.Direction);
        Assert.Empty(reader.Diagnostics);
    }

    [Theory]
    [InlineData("(____ptrval____)", ulong.MaxValue)] // before the kernel could hash: memory was given all the same
    [InlineData("00000000b2f4a5c1", 0xb2f4a5c1)]
    [InlineData("0000000000000000", 0)]
    [InlineData("(null)", 0)]
    public void Only_a_pointer_that_is_null_means_a_failed_allocation(string pointer, ulong value)
    {
        using var reader = Open($"            init-1       [001] .....    18.643181: dma_alloc: css0 dir=BIDIRECTIONAL dma_addr=84d3c000 size=4096 virt_addr={pointer} flags=GFP_KERNEL|__GFP_ZERO attrs=");
        DmaEvent e = default;
        Assert.True(reader.Read(ref e));
        Assert.Equal((DmaEventKind.Alloc, value, true), (e.Kind, e.VirtualAddress.Value, e.IsVirtualAddressHashed));
        Assert.Empty(reader.Diagnostics);
    }

    [Theory]
    [InlineData("  insmod-181       1d....   16: dma_unmap_page: 0000:00:09.0 dir=TO_DEVICE dma_addr=104d93a80 size=48 attrs=", "insmod", 181)]
    [InlineData(" a: 3: b-c-42     1d.h2. 16: dma_unmap_page: 0000:00:09.0 dir=TO_DEVICE dma_addr=104d93a80 size=48 attrs=", "a: 3: b-c", 42)]
    public void Latency_lines_of_clocks_that_count_are_understood(string line, string task, int pid)
    {
        using var reader = Open(line);
        DmaEvent e = default;
        Assert.True(reader.Read(ref e));
        Assert.Equal((DmaEventKind.UnmapPage, 16UL, 1, pid, 48UL), (e.Kind, e.Time, e.Cpu, e.Pid, e.Size));
        Assert.Equal((task, false), (reader.TaskName(e), reader.Header.TimeIsNanoseconds));
        Assert.Empty(reader.Diagnostics);
    }

    [Theory]
    [InlineData("CPU:3 [LOST 17 EVENTS]", 17)]
    [InlineData("CPU:3 [LOST EVENTS]", 0)]
    [InlineData("CPU:3 [17 EVENTS DROPPED]", 17)]
    [InlineData("##### CPU 3 buffer started ####", 0)]
    [InlineData("# entries-in-buffer/entries-written: 5379/70683   #P:4\n##### CPU 3 buffer started ####", 65304)]
    public void Lost_events_are_noted(string line, int count)
    {
        using var reader = Open(line);
        DmaEvent e = default;
        Assert.True(reader.Read(ref e));
        Assert.Equal((DmaEventKind.LostEvents, 3, (ulong)count), (e.Kind, e.Cpu, e.LostCount));
        Assert.Equal(1, reader.Statistics.LostNotes);
    }

    [Theory]
    [InlineData("MMIO|0x100000", 0x100400)]
    [InlineData("", 0)]
    [InlineData("WEAK_ORDERING|PRIVILEGED|CC_SHARED", 0x2202)]
    public void Attributes_are_read_by_name_and_number(string attrs, int bits)
    {
        using var reader = Open("x-1 [000] .....     1.000001: dma_map_phys: nic dir=0x55 dma_addr=ffffffffffffffff size=1 phys_addr=0 attrs=" + attrs);
        DmaEvent e = default;
        Assert.True(reader.Read(ref e));
        Assert.Equal((DmaAttributes)bits, e.Attributes);
        Assert.False(e.HasDirection);
        Assert.False(e.DmaAddress.IsMapped);
        Assert.Equal("dma_map_phys", reader.EventName(e));
        Assert.Empty(reader.Diagnostics);
    }

    [Theory]
    [InlineData("Nov 26 04:59:26      kworker/1:1-35      [001] d..2.   101.000123: ", "kworker/1:1", 35)]
    [InlineData("Nov 26 04:59:26  123456789012345-35      [001] d..2.   101.000123: ", "123456789012345", 35)]
    [InlineData("[   12.345678]           <idle>-0       [001] d.h2.   101.000123: ", "<idle>", 0)]
    [InlineData("[   12.345678] kworker/-35       1d..2. 101000123us : ", "kworker/", 35)]
    [InlineData("        a-1 [0] b-35      [001] d..2.   101.000123: ", "a-1 [0] b", 35)]
    [InlineData("     a:b [x]-y z-35      [001]   101.000123: ", "a:b [x]-y z", 35)]
    [InlineData("          a-1 [002]-35      (-------) [001]   101.000123: ", "a-1 [002]", 35)]
    public void What_others_write_before_a_line_is_no_name(string head, string task, int pid)
    {
        using var reader = Recording.Open(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(head + "dma_map_page: nic dir=TO_DEVICE dma_addr=1000 size=1 phys_addr=1000 attrs=\r\n")));
        DmaEvent e = default;
        Assert.True(reader.Read(ref e));
        Assert.Equal((task, pid, 1, DmaEventKind.MapPage, 101_000_123_000UL, "nic"), (reader.TaskName(e), e.Pid, e.Cpu, e.Kind, e.Time, reader.DeviceName(e)));
    }

    [Fact]
    public void Lost_events_are_noted_behind_a_console_stamp()
    {
        using var reader = Recording.Open(new MemoryStream("[   12.345678] CPU:1 [LOST 5 EVENTS]\n"u8.ToArray()));
        DmaEvent e = default;
        Assert.True(reader.Read(ref e));
        Assert.Equal((DmaEventKind.LostEvents, 1, 5UL), (e.Kind, e.Cpu, e.LostCount));
    }

    [Fact]
    public void Damaged_payload_is_counted_and_placed()
    {
        using var reader = Open("# c\nx-1 [000] .....     1.000001: dma_map_page: nic dir=TO_DEVICE dma_addr=zz size=1 phys_addr=0 attrs=");
        DmaEvent e = default;
        Assert.True(reader.Read(ref e));
        Assert.Equal(1, reader.Statistics.Malformed);
        var diagnostic = Assert.Single(reader.Diagnostics);
        Assert.Equal(("HT0201", 4L), (diagnostic.Id, diagnostic.Offset));
    }

    private static RecordingReader Open(string text) => Recording.Open(new MemoryStream(Encoding.UTF8.GetBytes(text + "\n")));
}
