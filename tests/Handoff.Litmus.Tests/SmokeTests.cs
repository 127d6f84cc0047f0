namespace Handoff.Litmus.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void AssemblyHasItsName() => Assert.Equal("Handoff.Litmus.Tests", typeof(SmokeTests).Assembly.GetName().Name);
}
