namespace Handoff.Core.Tests.ScatterGather;

/// <summary>Tables built from pages.</summary>
public sealed class SgTableTests
{
    [Theory]
    [InlineData("1,2,3,5", 100u, 12000UL, uint.MaxValue, "1:100+12000")]
    [InlineData("1,2,3,5", 100u, 13000UL, uint.MaxValue, "1:100+12188 5:0+812")]
    [InlineData("1,2,3,5", 0u, 16384UL, 8192u, "1:0+8192 3:0+4096 5:0+4096")]
    [InlineData("1,2,3,5", 0u, 16384UL, 8191u, "1:0+4096 2:0+4096 3:0+4096 5:0+4096")] // rounded down to a page
    [InlineData("2,1", 4095u, 2UL, uint.MaxValue, "2:4095+1 1:0+1")]
    public void NeighboursMerge(string pages, uint offset, ulong size, uint most, string expected)
    {
        SgTable table = SgTable.FromPages([.. pages.Split(',').Select(p => new PhysicalAddress(ulong.Parse(p) << 12))], offset, size, most);
        Assert.Equal(expected, string.Join(' ', table.Entries.ToArray().Select(e => $"{e.Address.Value >> 12}:{e.Address.Value & 0xfff}+{e.Length}")));
        Assert.Equal(size, table.Length);
    }

    [Theory]
    [InlineData(0u, 0UL, uint.MaxValue)]
    [InlineData(0u, 4097UL, uint.MaxValue)]
    [InlineData(1u, 4096UL, uint.MaxValue)]
    [InlineData(4096u, 1UL, uint.MaxValue)]
    [InlineData(8192u, ulong.MaxValue - 4095, uint.MaxValue)] // offset and size wrap around to one page
    [InlineData(0u, 4096UL, 4095u)]
    public void Refused(uint offset, ulong size, uint most) =>
        Assert.Throws<ArgumentException>(() => SgTable.FromPages([new PhysicalAddress(0x1000)], offset, size, most));

    [Fact]
    public void AnOffsetBeyondTheFirstPageIsRefused() =>
        Assert.Throws<ArgumentException>(() => SgTable.FromPages([new PhysicalAddress(0x1000), new PhysicalAddress(0x9000)], 5000, 100));
}
