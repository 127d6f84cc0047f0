using System.Text;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Writing;

namespace Handoff.Tracing.Tests.Writing;

/// <summary>A recording may name more CPUs than any machine has: copying it takes no more memory for that.</summary>
[Collection(Name)]
public sealed class ManyCpusTests
{
    /// <summary>Of tests that measure the memory of the process: no other test runs meanwhile.</summary>
    internal const string Name = "Memory of the process";

    private const int Cpus = 1500;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Memory_of_a_copy_does_not_follow_the_cpus(bool headerKnows)
    {
        var text = new StringBuilder(headerKnows ? $"# entries-in-buffer/entries-written: {3 * Cpus}/{3 * Cpus}   #P:{Cpus}\n" : "");
        for (int i = 0; i < 3 * Cpus; i++)
            text.Append($"  task-12    [{i % Cpus:d3}] d..1.     {1 + (i / 1_000_000)}.{i % 1_000_000:d6}: dma_map_page: dev dir=TO_DEVICE dma_addr={0x10000 + (i * 4096):x} size=64 phys_addr={0x10000 + (i * 4096):x} attrs=\n");
        using RecordingReader reader = Recording.Open(new MemoryStream(Encoding.UTF8.GetBytes(text.ToString())));
        long before = GC.GetTotalMemory(forceFullCollection: true);
        DmaEvent e = default;
        bool more = reader.Read(ref e);
        using var copy = new RecordingCopy(reader);
        for (; more; more = reader.Read(ref e))
            copy.Add(e);
        Assert.Equal(3 * Cpus, copy.Events);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, 0, 90 << 20);
        using var made = new MemoryStream();
        copy.WriteTo(made);
        made.Position = 0;
        using RecordingReader again = Recording.Open(made);
        long events = 0;
        ulong latest = 0;
        while (again.Read(ref e))
        {
            Assert.True(e.Time >= latest);
            latest = e.Time;
            Assert.Equal(events % Cpus, e.Cpu);
            events++;
        }

        Assert.Equal(3 * Cpus, events);
        Assert.Empty(again.Diagnostics);
    }
}
